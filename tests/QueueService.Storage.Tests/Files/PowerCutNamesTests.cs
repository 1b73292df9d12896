using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Files;

public sealed class PowerCutNamesTests
{
    private static readonly string[] Folders = ["", "a", "a/b", "b"];

    private readonly SimulatedDisk _disk = new();

    [Fact]
    public void A_synced_file_whose_name_was_not_synced_may_vanish()
    {
        Create("log", "x");

        Assert.Equal(["", "log=x"], AfterCuts());
    }

    [Fact]
    public void A_synced_name_survives_with_or_without_its_unsynced_content()
    {
        using var file = _disk.Open("log", FileOpening.New);
        file.Write("x"u8, 0);
        _disk.SyncDirectory("");

        var seen = AfterCuts();
        Assert.Contains("log=x", seen);
        Assert.Contains("log=", seen);
        Assert.DoesNotContain("", seen);
    }

    [Fact]
    public void Names_of_one_folder_survive_in_the_order_of_their_changes()
    {
        Create("a", "1");
        Create("b", "2");
        _disk.Delete("a");

        Assert.Equal(["", "a=1", "a=1 b=2", "b=2"], AfterCuts());
    }

    [Fact]
    public void A_rename_is_the_old_or_the_new_and_nothing_between()
    {
        Create("manifest", "old");
        _disk.SyncDirectory("");
        Create("manifest.new", "new");
        _disk.SyncDirectory("");
        _disk.Rename("manifest.new", "manifest");

        Assert.Equal(["manifest=new", "manifest=old manifest.new=new"], AfterCuts());
    }

    [Fact]
    public void A_rename_that_was_synced_stays()
    {
        Create("manifest", "old");
        Create("manifest.new", "new");
        _disk.Rename("manifest.new", "manifest");
        _disk.SyncDirectory("");

        Assert.Equal(["manifest=new"], AfterCuts());
    }

    [Fact]
    public void A_rename_between_folders_leaves_the_file_in_one_of_them()
    {
        _disk.CreateFolder("a");
        _disk.CreateFolder("b");
        _disk.SyncDirectory("");
        Create("a/log", "x");
        _disk.Rename("a/log", "b/log");

        Assert.Equal(["", "a/log=x", "b/log=x"], AfterCuts());
    }

    [Fact]
    public void No_later_change_of_a_folder_survives_a_rename_out_of_it_that_was_lost()
    {
        _disk.CreateFolder("a");
        _disk.CreateFolder("b");
        Create("a/log", "x");
        _disk.SyncAll();
        _disk.Rename("a/log", "b/log");
        Create("a/later", "y");

        Assert.Equal(["a/later=y b/log=x", "a/log=x", "b/log=x"], AfterCuts());
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    public void Syncing_one_of_two_folders_makes_a_rename_between_them_durable(string folder)
    {
        _disk.CreateFolder("a");
        _disk.CreateFolder("b");
        _disk.SyncDirectory("");
        Create("a/log", "x");
        _disk.Rename("a/log", "b/log");
        _disk.SyncDirectory(folder);

        Assert.Equal(["b/log=x"], AfterCuts());
    }

    [Fact]
    public void A_deletion_that_was_not_synced_may_bring_the_file_back()
    {
        Create("log", "x");
        _disk.SyncDirectory("");
        _disk.Delete("log");

        Assert.Equal(["", "log=x"], AfterCuts());
    }

    [Fact]
    public void Files_of_a_folder_vanish_with_a_folder_whose_name_was_not_synced()
    {
        _disk.CreateFolder("a");
        Create("a/log", "x");
        _disk.SyncDirectory("a");

        Assert.Equal(["", "a/log=x"], AfterCuts());
    }

    [Fact]
    public void Folders_are_independent()
    {
        _disk.CreateFolder("a");
        _disk.CreateFolder("b");
        _disk.SyncDirectory("");
        Create("a/log", "1");
        Create("b/log", "2");

        Assert.Equal(["", "a/log=1", "a/log=1 b/log=2", "b/log=2"], AfterCuts());
    }

    [Fact]
    public void Syncing_everything_makes_names_and_contents_durable()
    {
        _disk.CreateFolder("a/b");
        using var file = _disk.Open("a/b/log", FileOpening.New);
        file.Write("x"u8, 0);
        _disk.SyncAll();

        Assert.Equal(["a/b/log=x"], AfterCuts());
    }

    [Fact]
    public void After_a_failed_sync_of_a_folder_its_changes_are_lost_though_the_next_sync_succeeds()
    {
        Create("log", "x");
        _disk.Fail(DiskOperation.SyncDirectory);
        Assert.Throws<IOException>(() => _disk.SyncDirectory(""));
        _disk.SyncDirectory("");

        Assert.True(_disk.Exists("log"));
        Assert.Equal([""], AfterCuts());
    }

    [Fact]
    public void A_killed_process_loses_no_name_and_what_was_pending_still_is()
    {
        Create("log", "x");
        var after = _disk.KillProcess();

        Assert.Equal(["log"], after.ListFiles(""));
        Assert.Equal(["", "log=x"], AfterCuts(after));
    }

    private static string DescribeTree(SimulatedDisk disk) =>
        string.Join(' ', Folders.Select(folder => DescribeFolder(disk, folder)).Where(static text => text.Length > 0));

    private static string DescribeFolder(SimulatedDisk disk, string folder) =>
        string.Join(' ', disk.ListFiles(folder).Select(name => folder.Length == 0 ? name : $"{folder}/{name}").Select(
            path => $"{path}={Content(disk, path)}"));

    private static string Content(SimulatedDisk disk, string path)
    {
        using var file = disk.Open(path, FileOpening.Read);
        var bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return System.Text.Encoding.Latin1.GetString(bytes);
    }

    private string[] AfterCuts(SimulatedDisk? disk = null) =>
        [.. Enumerable.Range(0, 200).Select(seed => DescribeTree((disk ?? _disk).PowerCut((ulong)seed))).Distinct()
            .Order(StringComparer.Ordinal)];

    private void Create(string path, string text)
    {
        using var file = _disk.Open(path, FileOpening.New);
        file.Write(System.Text.Encoding.UTF8.GetBytes(text), 0);
        file.Sync();
    }
}
