using QueueService.Broker.Queues;

namespace QueueService.Broker.Messages;

/// <summary>Where a message was before it was moved, and why it was. Instants are Unix milliseconds.</summary>
public sealed record MessageOrigin
{
    /// <summary>The id that it got when it was sent, and keeps.</summary>
    public required MessageId Id { get; init; }

    /// <summary>When it was sent.</summary>
    public required long SentAt { get; init; }

    /// <summary>From when its retention counts.</summary>
    public required long RetentionFrom { get; init; }

    /// <summary>The queue that it came from last.</summary>
    public required string SourceQueue { get; init; }

    public required string Reason { get; init; }

    /// <summary>Deliveries in that queue.</summary>
    public required int ReceiveCount { get; init; }

    /// <summary>When the first of them ended without an acknowledgement.</summary>
    public required long FirstFailedAt { get; init; }

    public required long LastFailedAt { get; init; }
}
