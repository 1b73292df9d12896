using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;
using QueueService.Storage.Journaling;

namespace QueueService.Storage.Inspection;

/// <summary>Tells a data directory from any other.</summary>
public static class StoreDirectory
{
    /// <summary>False when no store was ever opened here: there is nothing to inspect, and not even a lock should be
    /// left behind.</summary>
    public static bool HoldsStore(IFileSystem files) =>
        files.Exists(JournalFiles.Folder) || Manifest.ListGenerations(files).Count > 0;
}
