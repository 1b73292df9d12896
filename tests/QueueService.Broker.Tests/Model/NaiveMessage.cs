using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Model;

/// <summary>A message as the model knows it.</summary>
internal sealed class NaiveMessage
{
    /// <summary>Its place in this queue.</summary>
    public required long Sequence { get; init; }

    /// <summary>Names it for ever; that of its first queue when it was moved.</summary>
    public required MessageId Id { get; init; }

    public required string Body { get; init; }

    public required long SentAt { get; init; }

    /// <summary>When it came into this queue.</summary>
    public required long AddedAt { get; init; }

    public string? Group { get; init; }

    public int Priority { get; init; }

    /// <summary>0 without a time to live.</summary>
    public long ExpiresAt { get; init; }

    /// <summary>Of a message that was moved here.</summary>
    public MessageOrigin? Origin { get; init; }

    /// <summary>0 for a message that was never hidden: neither delayed nor received.</summary>
    public long VisibleAt { get; set; }

    public bool IsLeased { get; set; }

    /// <summary>It is written down that its time is over and that it goes to the dead-letter queue.</summary>
    public bool IsExpired { get; set; }

    public int ReceiveCount { get; set; }

    public long FirstReceivedAt { get; set; }

    /// <summary>When the first lease ended without an acknowledgement; 0 when none did.</summary>
    public long FirstFailedAt { get; set; }

    /// <summary>The receipt of the last lease; null when nobody ever saw it.</summary>
    public ReceiptHandle? Receipt { get; set; }

    public bool IsTouched => VisibleAt != 0;

    /// <summary>From when its retention counts.</summary>
    public long RetentionFrom => Origin?.RetentionFrom ?? SentAt;

    public bool HoldsLease(long now) => IsLeased && VisibleAt > now;

    /// <summary>Its time to live is over.</summary>
    public bool IsPast(long now) => IsExpired || (ExpiresAt != 0 && ExpiresAt <= now);

    /// <summary>The lease, if there is one, has ended by now without an acknowledgement.</summary>
    public void Fail(long now)
    {
        if (IsLeased && FirstFailedAt == 0) FirstFailedAt = Math.Min(VisibleAt, now);
    }

    public override string ToString() =>
        $"{Sequence} ({Body.Split('.')[0]}{(Group is null ? "" : $" of {Group}")}, received {ReceiveCount}, "
        + $"{(IsLeased ? "leased" : "hidden")} until {VisibleAt}{(ExpiresAt == 0 ? "" : $", lives until {ExpiresAt}")})";
}

/// <summary>A message as the broker showed it.</summary>
internal sealed record Seen(
    MessageId Id, long Sequence, string Body, ReceiptHandle Receipt, MessageState State, int ReceiveCount, long SentAt,
    long FirstReceivedAt, long VisibleAt)
{
    public string? Group { get; init; }

    public int Priority { get; init; }

    public long ExpiresAt { get; init; }

    public MessageOrigin? Origin { get; init; }
}
