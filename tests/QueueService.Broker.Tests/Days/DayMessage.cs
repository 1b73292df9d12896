using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Days;

/// <summary>A message as its users know it: what was answered, and what the clock says. Times are Unix milliseconds.
/// </summary>
internal sealed class DayMessage(MessageId id, string body)
{
    public MessageId Id => id;

    public string Body => body;

    public string? Group { get; init; }

    public int Priority { get; init; }

    public long SentAt { get; init; }

    /// <summary>In the queue where it is.</summary>
    public long Position { get; set; }

    /// <summary>When it came to that queue.</summary>
    public long AddedAt { get; set; }

    public long RetentionFrom { get; set; }

    /// <summary>long.MaxValue without a time to live.</summary>
    public long ExpiresAt { get; set; } = long.MaxValue;

    public int ReceiveCount { get; set; }

    public int RedriveCount { get; set; }

    /// <summary>Past: it is not leased.</summary>
    public long LeasedUntil { get; set; }

    /// <summary>When it becomes visible if it is not settled before. With jitter only the bounds are known.</summary>
    public (long Earliest, long Latest) Visible { get; set; }

    /// <summary>It was delayed or handed out before, so its place in the line is not that of its sending.</summary>
    public bool IsTouched { get; set; }

    public bool IsLeased(long now) => LeasedUntil > now;

    public override string ToString() =>
        $"{id.Queue}/{id.SequenceNumber} '{body}' at {Position} group {Group} priority {Priority} sent {SentAt} added "
        + $"{AddedAt} received {ReceiveCount} leased until {LeasedUntil} visible {Visible} expires {ExpiresAt}";
}
