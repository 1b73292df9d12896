using QueueService.Broker.Queues;

namespace QueueService.Broker;

public enum BrokerEventKind
{
    Created,

    /// <summary>Its definition changed.</summary>
    Changed,

    /// <summary>Of a topic: with its subscriptions, which are not told of.</summary>
    Deleted,

    /// <summary>Nothing is delivered until somebody resumes it.</summary>
    SubscriptionDisabled,

    /// <summary>An alarm was raised or cleared.</summary>
    AlarmChanged,
}

/// <summary>Something that an operator may want to see when it happens. Told after the commit that it is part of; a
/// crash between the two leaves it untold.</summary>
/// <param name="Queue">The address of a queue, a topic or a subscription.</param>
/// <param name="At">Unix milliseconds.</param>
public sealed record BrokerEvent(BrokerEventKind Kind, QueueName Queue, long At)
{
    /// <summary>Its new state; null for other kinds.</summary>
    public AlarmState? Alarm { get; init; }

    /// <summary>Why it was disabled; null for other kinds.</summary>
    public string? Reason { get; init; }
}

/// <summary>Sums over all queues and topics that exist; a message of a topic counts once, a delivery of it for each
/// subscription.</summary>
/// <param name="Waiters">Receives that wait.</param>
public sealed record BrokerTotals(
    int Queues, long Messages, long Bytes, long Leased, int Waiters, long SentTotal, long ReceivedTotal,
    long DeletedTotal, long At);
