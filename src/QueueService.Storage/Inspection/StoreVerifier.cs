using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;

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
        (long frames, long bytes) = new JournalCheck(files, findings).Run(checkpoints);
        string from = checkpoints.Chosen is { } manifest ? $"generation {manifest.Generation}" : "an empty state";
        return $"A start continues from {from} and replays {frames} frames ({bytes} bytes).";
    }
}
