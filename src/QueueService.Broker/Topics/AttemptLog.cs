using QueueService.Storage.Logs;

namespace QueueService.Broker.Topics;

/// <summary>
/// The attempts to deliver messages of one subscription, the newest so many of them, up to an age: a log of its own,
/// whose entries are in the frames of what the attempts led to.
/// </summary>
internal sealed class AttemptLog(AppendLog log)
{
    /// <summary>Attempts that are kept for each subscription: with 1 to 6 KiB each, tens of megabytes at
    /// most.</summary>
    public const int MaxKept = 10_000;

    /// <summary>How long they are kept, in milliseconds: a week, longer than all retries of a delivery take.</summary>
    public const long MaxAge = 7L * 24 * 3600 * 1000;

    public AppendLog Log => log;

    /// <summary>When the disk was last asked for old ones.</summary>
    public long LastSweep { get; set; }

    /// <summary>The oldest that is kept.</summary>
    public long Floor { get; private set; }

    public void Append(long time, ReadOnlySpan<byte> attempt)
    {
        log.Append(time, attempt);
        TrimTo(log.End - MaxKept);
    }

    /// <summary>Forgets what is below; also after a restore.</summary>
    public void TrimTo(long floor)
    {
        if (floor <= Floor) return;
        Floor = floor;
        log.Trim(floor);
    }
}
