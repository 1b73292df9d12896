namespace QueueService.Broker.Queues;

/// <summary>What a log and its cursor are for.</summary>
public enum QueueKind
{
    Queue,

    /// <summary>A log from which nobody receives.</summary>
    Topic,

    /// <summary>A cursor over the log of a topic.</summary>
    Subscription,

    /// <summary>A topic whose logs are partitions: readers name offsets.</summary>
    Stream,

    /// <summary>A cursor over the partitions of a stream.</summary>
    QueueView,

    /// <summary>Offsets in the partitions of a stream, and the members who read them: no queue of any sort.</summary>
    ConsumerGroup,

    /// <summary>A log at a path of its own choice, read by offset: see <see cref="DurableStreams"/>.</summary>
    DurableStream,
}
