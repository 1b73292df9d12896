namespace QueueService.Server.Tests.Histories;

/// <summary>One request as its client saw it. Times are microseconds of a monotonic clock that all clients of a history
/// share: before the request was sent, and after its answer was there.</summary>
/// <param name="AnsweredAt"><see cref="Never"/> when there was no answer: then it may have happened at any time later,
/// or not at all.</param>
/// <param name="Status">0 when there was no answer.</param>
internal abstract record Operation(string Queue, long InvokedAt, long AnsweredAt, int Status)
{
    public const long Never = long.MaxValue;

    public bool IsUnknown => Status == 0;

    public bool Succeeded => IsSuccess(Status);

    public static bool IsSuccess(int status) => status is >= 200 and < 300;
}

/// <param name="Key">The Idempotency-Key, if any.</param>
internal sealed record SendOperation(
    string Queue, long InvokedAt, long AnsweredAt, int Status, string? Key, IReadOnlyList<SentItem> Items)
    : Operation(Queue, InvokedAt, AnsweredAt, Status);

internal sealed record SentItem(string Body)
{
    public string? Group { get; init; }

    public string? DeduplicationId { get; init; }

    public int DelayMilliseconds { get; init; }

    /// <summary>0 for none.</summary>
    public int TtlMilliseconds { get; init; }

    public int Priority { get; init; }

    /// <summary>What the answer gave; empty when there was none.</summary>
    public string Id { get; init; } = "";

    public bool IsDeduplicated { get; init; }

    public long SequenceNumber { get; init; }
}

/// <param name="IsAutomatic">`ack=auto`: the messages are gone with the answer.</param>
internal sealed record ReceiveOperation(
    string Queue, long InvokedAt, long AnsweredAt, int Status, int VisibilityMilliseconds, bool IsAutomatic,
    IReadOnlyList<Delivery> Deliveries) : Operation(Queue, InvokedAt, AnsweredAt, Status)
{
    /// <summary>The name of the receive, if it has one.</summary>
    public string? Attempt { get; init; }

    /// <summary>The connection that this is a part of.</summary>
    public LiveOperation? Live { get; init; }

    /// <summary>The connection that holds the leases held until then for certain.</summary>
    public long EndsAt { get; init; } = Never;
}

internal sealed record Delivery(string Id, string Receipt, string Body)
{
    public string? Group { get; init; }

    public long SequenceNumber { get; init; }

    public int ReceiveCount { get; init; } = 1;

    public int Priority { get; init; }

    public int RedriveCount { get; init; }

    /// <summary>The end of the lease as the server says it, on the clock of the history; 0 when it says none.</summary>
    public long VisibleAt { get; init; }
}

internal enum SettleKind
{
    Acknowledge,
    Release,
    Extend,
    DeadLetter,
}

/// <param name="Milliseconds">Of a release the delay, null for the queue's policy; of an extension the timeout.</param>
/// <param name="Receipts">Each with its own status.</param>
internal sealed record SettleOperation(
    string Queue, long InvokedAt, long AnsweredAt, int Status, SettleKind Kind, int? Milliseconds,
    IReadOnlyList<(string Receipt, int Status)> Receipts) : Operation(Queue, InvokedAt, AnsweredAt, Status);

/// <summary>What the queues of a history were told to do.</summary>
/// <param name="MaxReceiveCount">Failed deliveries after which a message is dead-lettered.</param>
/// <param name="RetryMilliseconds">Between a failed delivery and the next.</param>
/// <param name="IsRedriven">Dead letters go back to the source at some time.</param>
internal sealed record HistorySetup(
    string Queue, string DeadLetterQueue, bool IsFifo, int MaxReceiveCount, int RetryMilliseconds, bool IsRedriven)
{
    /// <summary>A deduplication id counts in its group only.</summary>
    public bool DeduplicatesByGroup { get; init; }

    /// <summary>What tells a message from its duplicates.</summary>
    public string? DeduplicationKey(SentItem item) =>
        DeduplicatesByGroup && item.DeduplicationId is not null
            ? $"{item.DeduplicationId} of {item.Group}"
            : item.DeduplicationId;
}

/// <summary>What was left after everything had been received and acknowledged.</summary>
/// <param name="Left">Messages in both queues, in any state.</param>
/// <param name="DeadLettered">The source's count of messages that went to the dead-letter queue.</param>
/// <param name="At">The time, as of operations.</param>
internal sealed record HistoryEnd(long Left, long DeadLettered, long At);
