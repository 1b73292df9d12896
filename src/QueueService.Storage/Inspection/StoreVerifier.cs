using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;
using QueueService.Storage.Journaling;

namespace QueueService.Storage.Inspection;

/// <summary>Checks every durable byte of a stopped store, and says what a start would do with it. Changes nothing.
/// </summary>
/// <remarks>It goes the way of recovery (Store.Recovery.cs), but does not stop at the first damage.</remarks>
public static class StoreVerifier
{
    /// <summary>Writes a line per finding and a verdict; answers false when durable bytes are damaged or a start would
    /// be refused. The last commit before a crash cannot be judged: damage in it looks as if it was never finished.
    /// </summary>
    /// <exception cref="IOException">A running server holds the directory.</exception>
    public static bool Verify(IFileSystem files, TextWriter output)
    {
        using IDisposable held = files.LockExclusively();
        var findings = new Findings(output);
        string start = "";
        try
        {
            start = Check(files, findings);
        }
        catch (UnknownFormatException newer)
        {
            findings.Refusal(newer.Message);
        }
        catch (IOException unreadable)
        {
            findings.Refusal($"The check ended early: {unreadable.Message}");
        }

        return findings.Conclude(start);
    }

    private static string Check(IFileSystem files, Findings findings)
    {
        var checkpoints = new CheckpointCheck(files, findings);
        checkpoints.Run();
        new SegmentCheck(files, findings).Run(checkpoints.Chosen, checkpoints.Fallback);
        (long frames, long bytes) = new JournalCheck(files, findings).Run(checkpoints.Chosen);
        string from = checkpoints.Chosen is { } manifest ? $"generation {manifest.Generation}" : "an empty state";
        return $"A start continues from {from} and replays {frames} frames ({bytes} bytes).";
    }
}

/// <summary>The manifests and their snapshots, newest first.</summary>
internal sealed class CheckpointCheck(IFileSystem files, Findings findings)
{
    /// <summary>What recovery starts from: the newest generation that is whole. Null: from nothing.</summary>
    public Manifest? Chosen { get; private set; }

    /// <summary>The next older one, whose files are kept as well.</summary>
    public Manifest? Fallback { get; private set; }

    public void Run()
    {
        List<long> generations = Manifest.ListGenerations(files);
        foreach (long generation in generations) Check(generation);
        if (Chosen is not null)
            findings.Note($"A start would choose generation {Chosen.Generation}.");
        else if (generations.Count > 0)
            findings.Refusal("No generation has a readable manifest and a whole snapshot.");
        else
            findings.Note("There is no checkpoint.");
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
            findings.Damage($"{path} is damaged: at byte {damagedAt} of {manifest.SnapshotBytes} no whole entry starts.");
        else
            findings.Damage($"{path} is damaged: its end mark does not fit its entries.");
        return isWhole;
    }
}
