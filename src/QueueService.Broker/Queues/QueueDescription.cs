using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>A queue as its owner sees it.</summary>
/// <param name="ETag">Names this version of the definition; [A-Za-z0-9_-], without quotes.</param>
/// <param name="CreatedAt">Unix milliseconds.</param>
/// <param name="UpdatedAt">Unix milliseconds.</param>
public sealed record QueueDescription(
    QueueName Name, QueueConfig Config, string ETag, long CreatedAt, long UpdatedAt, QueueStats Stats)
{
    /// <summary>In the order of the definition.</summary>
    public IReadOnlyList<AlarmState> Alarms { get; init; } = [];

    /// <summary>How many a topic has.</summary>
    public int Subscriptions { get; init; }
}

/// <summary>Counts of one moment.</summary>
/// <param name="Available">Ready to be received.</param>
/// <param name="Leased">Received and neither acknowledged nor released, with time left.</param>
/// <param name="Delayed">Not yet due.</param>
/// <param name="Blocked">Of a FIFO group that can give nothing now, as far as the groups are read ahead, or failed as
/// often as they may and waiting to be moved to the dead-letter queue.</param>
/// <param name="OldestMessageAgeSeconds">Age of the oldest message that is still here; 0 when there is none.</param>
/// <param name="BlockedReason">Why nothing is handed out although messages are available; null when nothing blocks.
/// </param>
public sealed record QueueStats(
    long Available, long Leased, long Delayed, long Blocked, long OldestMessageAgeSeconds,
    long SentTotal, long ReceivedTotal, long DeletedTotal, long ExpiredTotal, long DeadLetteredTotal,
    string? BlockedReason)
{
    /// <summary>Of all messages that are here, with their attributes; what maxBytes bounds.</summary>
    public long Bytes { get; init; }

    /// <summary>Of a subscription: messages that its topic did not keep until they were delivered.</summary>
    public long MissedTotal { get; init; }

    /// <summary>Of a subscription: messages that were given up after the last attempt.</summary>
    public long AbandonedTotal { get; init; }

    /// <summary>Of a subscription: why nothing is delivered until somebody resumes it; null while it is.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>Of a subscription: since when every attempt fails, Unix milliseconds; 0 when the last one succeeded.
    /// </summary>
    public long FailingSince { get; init; }

    /// <summary>Messages that made room for newer ones.</summary>
    public long DroppedTotal { get; init; }

    /// <summary>The oldest message is not in memory: its age is read outside the loop.</summary>
    internal OldestOnDisk? OnDisk { get; init; }

    internal QueueStats ReadFromDisk()
    {
        if (OnDisk is not { } oldest) return this;
        long first = oldest.InMemory;
        foreach ((AppendLog log, long offset) in oldest.Logs)
        {
            if (log.TryGetRemoteTime(offset, out long about))
            {
                first = Math.Min(first, about);
                continue;
            }

            using var reader = new SegmentReader();
            if (reader.Read(log, log.NextOnDisk(offset), out long time, out _) == ReadOutcome.Found)
                first = Math.Min(first, time);
        }

        return this with { OldestMessageAgeSeconds = (oldest.Now - first) / 1000, OnDisk = null };
    }
}

/// <summary>Where the oldest messages of a queue's lanes lie on disk, and the time of the question.</summary>
/// <param name="InMemory">The time of the oldest message of the other lanes, or of the question.</param>
internal sealed record OldestOnDisk(IReadOnlyList<(AppendLog Log, long Offset)> Logs, long InMemory, long Now);

/// <summary>The outcome of a PUT or PATCH.</summary>
public sealed record QueueChange(QueueDescription Queue, bool Created)
{
    /// <summary>It existed, and its settings are other ones now.</summary>
    public bool Changed { get; init; }
}

/// <summary>Which queues a listing asks for.</summary>
/// <param name="After">The name before the first one; null at the beginning.</param>
/// <param name="Tags">A queue has all of them.</param>
internal sealed record QueueListing(string Prefix, string? After, int Limit, IReadOnlyList<TagFilter> Tags)
{
    public QueueKind Kind { get; init; }

    /// <summary>Queues that one turn of the loop looks at: about a millisecond.</summary>
    public const int MaxLooked = 2_000;
}

/// <summary>A page of a listing, in ordinal order of names.</summary>
/// <param name="Next">The last name of this page when more follow; pass it as `after`.</param>
public sealed record QueuePage(IReadOnlyList<QueueDescription> Queues, string? Next);

/// <summary>RFC 9110 preconditions on a definition.</summary>
/// <param name="IfMatch">ETags without quotes, any of which must be the current one; "*" means that the queue exists;
/// null when not given.</param>
/// <param name="MustNotExist">If-None-Match: *.</param>
public readonly record struct Precondition(IReadOnlyList<string>? IfMatch, bool MustNotExist)
{
    public static readonly Precondition None;
}
