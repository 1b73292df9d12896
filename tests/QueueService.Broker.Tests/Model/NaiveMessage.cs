using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Model;

/// <summary>A message as the model knows it.</summary>
internal sealed class NaiveMessage
{
    public required long Sequence { get; init; }

    public required string Body { get; init; }

    public required long SentAt { get; init; }

    /// <summary>0 for a message that was never hidden: neither delayed nor received.</summary>
    public long VisibleAt { get; set; }

    public bool IsLeased { get; set; }

    public int ReceiveCount { get; set; }

    public long FirstReceivedAt { get; set; }

    /// <summary>The receipt of the last lease; null when nobody ever saw it.</summary>
    public ReceiptHandle? Receipt { get; set; }

    public bool IsTouched => VisibleAt != 0;

    public MessageState StateAt(long now) => VisibleAt <= now ? MessageState.Available
        : IsLeased ? MessageState.Leased : MessageState.Delayed;

    public override string ToString() =>
        $"{Sequence} ({Body.Split('.')[0]}, received {ReceiveCount}, {(IsLeased ? "leased" : "hidden")} until {VisibleAt})";
}

/// <summary>A message as the broker showed it.</summary>
internal sealed record Seen(
    MessageId Id, string Body, ReceiptHandle Receipt, MessageState State, int ReceiveCount, long SentAt,
    long FirstReceivedAt, long VisibleAt);
