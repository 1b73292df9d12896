using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Messages;

/// <summary>Where a message was before it was moved, and why it was: put aside as a dead letter, given back by a
/// redrive, or imported. Instants are Unix milliseconds.</summary>
public sealed record MessageOrigin
{
    /// <summary>The id that it got when it was sent, and keeps. Default for an imported message: it has the id of its
    /// place.</summary>
    public required MessageId Id { get; init; }

    /// <summary>When it was sent.</summary>
    public required long SentAt { get; init; }

    /// <summary>From when its retention counts.</summary>
    public required long RetentionFrom { get; init; }

    /// <summary>The queue that it came from last.</summary>
    public required string SourceQueue { get; init; }

    public required string Reason { get; init; }

    /// <summary>Deliveries in that queue that failed; 0 when it was not moved because of them.</summary>
    public required int ReceiveCount { get; init; }

    /// <summary>Deliveries in the queues that it was moved through before that one, since it was sent or redriven.
    /// </summary>
    public int EarlierReceives { get; init; }

    /// <summary>Deliveries in all queues before this one, as SQS counts on in a dead-letter queue. The attempts of a
    /// subscription are none: what it gives up comes into a queue for the first time.</summary>
    public int Receives => EarlierReceives + (QueueName.KindOf(SourceQueue) == QueueKind.Queue ? ReceiveCount : 0);

    /// <summary>When the first of them ended without an acknowledgement.</summary>
    public required long FirstFailedAt { get; init; }

    public required long LastFailedAt { get; init; }

    /// <summary>How often it was redriven.</summary>
    public int RedriveCount { get; init; }

    /// <summary>It was put aside, and lies in a dead-letter queue.</summary>
    public bool IsDeadLetter => Reason.Length > 0;

    /// <summary>Of a record that a queue view gave up: where it is in its stream; else null.</summary>
    public RecordOrigin? Record => QueueName.KindOf(SourceQueue) == QueueKind.QueueView
        ? new RecordOrigin(
            SubscriptionName.At(QueueName.Stored(SourceQueue)).Topic.Value[1..],
            SubscriptionName.At(QueueName.Stored(SourceQueue)).Value, Id)
        : null;

    /// <summary>It was sent to the queue in which it is.</summary>
    public bool HasOwnId => Id == default;
}

/// <summary>A record of a stream, and the queue view that gave it up.</summary>
/// <param name="Id">Names the record for ever.</param>
public readonly record struct RecordOrigin(string Stream, string QueueView, MessageId Id)
{
    public int Partition => Position.LaneOf(Id.SequenceNumber);

    public long Offset => Position.OffsetOf(Id.SequenceNumber);
}
