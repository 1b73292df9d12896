using System.Diagnostics;
using System.Runtime.Versioning;

using QueueService.Storage.Files;

namespace QueueService.Storage.Tests.Files;

[SupportedOSPlatform("linux")]
public sealed class PhysicalFileSystemTests : FolderContract, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("queueservice-").FullName;
    private readonly PhysicalFileSystem _disk;

    public PhysicalFileSystemTests() => _disk = new(_root);

    protected override IFileSystem Disk => _disk;

    public void Dispose()
    {
        _disk.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void A_missing_data_directory_is_created_with_its_parents()
    {
        using var disk = new PhysicalFileSystem(Path.Combine(_root, "var", "data"));

        Assert.True(Directory.Exists(Path.Combine(_root, "var", "data")));
    }

    [Fact]
    public void A_relative_data_directory_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new PhysicalFileSystem("data"));
    }

    [Fact]
    public void Files_and_folders_are_closed_to_other_users()
    {
        Disk.CreateFolder("a/b");
        Create("a/log");

        const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        const UnixFileMode ExecutableOrGroupWrite = UnixFileMode.UserExecute | UnixFileMode.GroupExecute
            | UnixFileMode.GroupWrite;
        var file = File.GetUnixFileMode(Path.Combine(_root, "a", "log"));
        Assert.Equal(UnixFileMode.None, file & (Others | ExecutableOrGroupWrite));
        foreach (var folder in (string[])["a", "a/b"])
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(_root, folder)) & Others);
    }

    [Fact]
    public void Positions_beyond_four_gigabytes_work()
    {
        using var file = Disk.Open("log", FileOpening.New);
        file.Write("x"u8, 5_000_000_000);

        var read = new byte[1];
        Assert.Equal(5_000_000_001, file.Length);
        Assert.Equal(1, file.Read(read, 5_000_000_000));
        Assert.Equal("x"u8, read);
    }

    [Fact]
    public void A_name_that_the_disk_cannot_look_up_is_not_reported_as_missing()
    {
        var error = Assert.Throws<IOException>(() => Disk.Exists(new string('x', 300)));

        Assert.Contains("ENAMETOOLONG", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_lock_excludes_other_processes_and_names_the_directory()
    {
        using (Disk.LockExclusively())
        {
            Assert.NotEqual(0, TryLockFromAnotherProcess());
            using var other = new PhysicalFileSystem(_root);
            var error = Assert.Throws<IOException>(other.LockExclusively);
            Assert.Contains(_root, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, TryLockFromAnotherProcess());
    }

    [Fact]
    public void A_child_process_does_not_inherit_the_lock()
    {
        Process child;
        using (Disk.LockExclusively())
        {
            // Waits for its standard input, so it outlives the lock for certain.
            var cat = new ProcessStartInfo("cat") { RedirectStandardInput = true, UseShellExecute = false };
            child = Process.Start(cat)!;
        }

        try
        {
            using var again = Disk.LockExclusively();
        }
        finally
        {
            child.StandardInput.Close();
            child.WaitForExit();
            child.Dispose();
        }
    }

    [Fact]
    public void Writing_reading_and_syncing_allocate_nothing()
    {
        using var file = Disk.Open("log", FileOpening.New);
        var bytes = new byte[4096];
        Touch();

        // A collection that another test causes in between is accounted to this thread: the least of several counts.
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Touch();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);

        void Touch()
        {
            file.Write(bytes, 0);
            file.StartWriteback(0, bytes.Length);
            file.Sync();
            file.Read(bytes, 0);
            _ = file.Length;
        }
    }

    // flock(1) is part of util-linux, which every supported distribution installs.
    private int TryLockFromAnotherProcess()
    {
        using var flock = Process.Start(
            "flock", ["--nonblock", "--conflict-exit-code", "17", Path.Combine(_root, "lock"), "true"]);
        flock.WaitForExit();
        Assert.True(flock.ExitCode is 0 or 17, $"flock ended with {flock.ExitCode}.");
        return flock.ExitCode;
    }
}
