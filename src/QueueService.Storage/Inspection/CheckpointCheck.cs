using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;

namespace QueueService.Storage.Inspection;

/// <summary>The manifests and their snapshots, newest first.</summary>
internal sealed class CheckpointCheck(IFileSystem files, Findings findings)
{
    /// <summary>What recovery starts from: the newest generation that is whole. Null: from nothing.</summary>
    public Manifest? Chosen { get; private set; }

    /// <summary>The next older one, whose files are kept as well.</summary>
    public Manifest? Fallback { get; private set; }

    /// <summary>Frames up to here were durable when a checkpoint was written.</summary>
    public ulong Promised { get; private set; }

    /// <summary>There never was a checkpoint.</summary>
    public bool IsNew { get; private set; }

    public void Run()
    {
        List<long> generations = Manifest.ListGenerations(files);
        IsNew = generations.Count == 0;
        foreach (long generation in generations) Check(generation);
        if (Chosen is not null)
            findings.Note($"A start would choose generation {Chosen.Generation}.");
        else if (IsNew)
            findings.Note("There is no checkpoint.");
        else
            findings.Damage("No checkpoint is readable: only a journal that reaches back to the frame 1 helps.");
    }

    private void Check(long generation)
    {
        string path = Manifest.PathOf(generation);
        if (Fallback is not null)
        {
            // Its files may be deleted already: a crash can undo the deletion of the manifest alone.
            findings.Note($"{path} is older than the two generations that are kept.");
            return;
        }

        if (Manifest.TryRead(files, generation) is not { } manifest)
        {
            findings.Damage($"{path} is damaged: its crc does not fit its text.");
            return;
        }

        Promised = Math.Max(Promised, manifest.Last);
        string how = manifest.Clean ? "written at an orderly stop" : "written while running";
        findings.Note(
            $"{path}: frames up to {manifest.Captured}, {manifest.Segments.Count} segments, " +
            $"{RecordText.Time(manifest.Time)}, {how}.");
        bool isWhole = CheckSnapshot(manifest);
        if (Chosen is not null) Fallback = manifest;
        else if (isWhole) Chosen = manifest;
    }

    private bool CheckSnapshot(Manifest manifest)
    {
        int resources = 0;
        int logs = 0;
        string path = Manifest.SnapshotPathOf(manifest.Generation);
        bool isWhole = SnapshotReader.TryRead(
            files, manifest,
            (kind, _) =>
            {
                if (kind == SnapshotFormat.ResourceKind) resources++;
                if (kind == SnapshotFormat.LogKind) logs++;
            },
            out long damagedAt);
        if (isWhole)
            findings.Note($"{path}: {manifest.SnapshotBytes} bytes, {resources} resources, {logs} logs.");
        else if (!files.Exists(path))
            findings.Damage($"{path} is missing.");
        else if (damagedAt < manifest.SnapshotBytes)
            findings.Damage(
                $"{path} is damaged at byte {damagedAt} of {manifest.SnapshotBytes}: no whole entry starts there.");
        else
            findings.Damage($"{path} is damaged: its end mark does not fit its entries.");
        return isWhole;
    }
}
