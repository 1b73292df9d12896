using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Tests.Faults;

/// <summary>Space that nothing gives back: files that no kept checkpoint names.</summary>
internal static class Leftovers
{
    /// <summary>For a store that has just written a checkpoint and finished its background work.</summary>
    public static void AssertNone(IFileSystem disk, int maxSpares)
    {
        var generations = Manifest.ListGenerations(disk);
        Assert.InRange(generations.Count, 1, 2);
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (long generation in generations)
            foreach (var entry in Manifest.TryRead(disk, generation)!.Segments)
                named.Add(SegmentFormat.PathOf(entry.Log, entry.BaseOffset));
        var segments = new List<string>();
        foreach (string folder in disk.ListFolders("logs"))
        {
            var files = disk.ListFiles($"logs/{folder}");
            Assert.NotEmpty(files);
            segments.AddRange(files.Select(name => $"logs/{folder}/{name}"));
        }

        Assert.Empty(segments.Except(named));
        Assert.Equal(
            generations.Select(Manifest.SnapshotPathOf).Order(StringComparer.Ordinal),
            disk.ListFiles("snapshots").Select(static name => $"snapshots/{name}"));
        Assert.Equal(generations.Count, disk.ListFiles("").Count(static name => name != "reserve"));
        Assert.DoesNotContain(
            disk.ListFiles("journal"), static name => name.StartsWith("new-", StringComparison.Ordinal));
        Assert.InRange(
            disk.ListFiles("journal").Count(static name => name.StartsWith("spare-", StringComparison.Ordinal)),
            2, maxSpares);
    }
}
