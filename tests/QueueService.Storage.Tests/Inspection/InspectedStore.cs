using QueueService.Storage.Files;
using QueueService.Storage.Inspection;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Inspection;

/// <summary>A store with everything that an inspection can meet: checkpoints, segments, riders, a journal.</summary>
internal static class InspectedStore
{
    public const uint Busy = 12;
    public const uint Quiet = 13;
    /// <summary>Memory for all records, so that checkpoints come when they are asked for and only they spill.</summary>
    public static StorageOptions Options { get; } =
        StoreLife.TinyOptions with { TailCacheBytes = 1 << 20, CheckpointJournalBytes = 8 << 20 };

    public const long Time = 1_795_258_391_000;

    /// <summary>The disk after the process was killed, with <paramref name="tail"/> frames that no checkpoint holds.
    /// </summary>
    public static SimulatedDisk Kill(int tail = 10)
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk, Options);
        Fill(life);
        life.Store.CheckpointNow(Time);
        for (int i = 0; i < tail; i++)
        {
            life.Commit(Time, StoreLife.Append(Busy, 100));
            life.Store.Housekeep(Time);
        }

        return disk.KillProcess();
    }

    /// <summary>The disk after an orderly stop.</summary>
    public static SimulatedDisk Close()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk, Options);
        Fill(life);
        life.Store.Close(Time);
        return disk;
    }

    public static (bool IsSound, string Text) Verify(IFileSystem disk)
    {
        using var output = new StringWriter();
        return (StoreVerifier.Verify(disk, output), output.ToString());
    }

    /// <summary>The newest file of a folder.</summary>
    public static string Newest(IFileSystem disk, string folder, string part) =>
        (folder.Length > 0 ? folder + "/" : "") +
        disk.ListFiles(folder).Last(name => name.Contains(part, StringComparison.Ordinal));

    /// <summary>All names with their bytes.</summary>
    public static List<(string Path, byte[] Bytes)> Content(IFileSystem disk, string folder = "")
    {
        string prefix = folder.Length > 0 ? folder + "/" : "";
        var content = new List<(string, byte[])>();
        foreach (string name in disk.ListFiles(folder))
        {
            using IFile file = disk.Open(prefix + name, FileOpening.Read);
            byte[] bytes = new byte[file.Length];
            Assert.Equal(bytes.Length, file.Read(bytes, 0));
            content.Add((prefix + name, bytes));
        }

        foreach (string child in disk.ListFolders(folder))
            content.AddRange(Content(disk, prefix + child));
        return content;
    }

    private static void Fill(StoreLife life)
    {
        life.Commit(Time, StoreLife.Create(Busy, stream: true), StoreLife.Create(Quiet));
        life.Commit(Time, StoreLife.Append(Quiet, "hello\nqueue"u8.ToArray()));
        for (int i = 0; i < 400; i++)
        {
            life.Commit(Time, StoreLife.Append(Busy, 200));
            life.Store.Housekeep(Time);
            if (i == 300)
                life.Store.CheckpointNow(Time);
        }
    }
}
