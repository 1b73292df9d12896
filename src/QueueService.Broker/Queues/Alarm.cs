namespace QueueService.Broker.Queues;

/// <summary>What an alarm looks at.</summary>
public enum AlarmMetric : byte
{
    /// <summary>Messages in any state.</summary>
    Messages = 0,
    Available = 1,
    Leased = 2,
    Delayed = 3,

    /// <summary>Failed as often as they may, and waiting for room in the dead-letter queue.</summary>
    Blocked = 4,

    /// <summary>Of the messages, as maxBytes counts them.</summary>
    Bytes = 5,
    OldestMessageAgeSeconds = 6,

    /// <summary>Messages that are in the dead-letter queue of the queue, whichever queue they came from; 0 without a
    /// redrive policy.</summary>
    DeadLettered = 7,
}

/// <summary>A condition on a queue that its owner wants to know of.</summary>
/// <param name="Name">Unique in the queue: 1 to 128 of A-Z a-z 0-9 . _ -</param>
/// <param name="Above">The condition holds while the metric is greater.</param>
/// <param name="ForSeconds">It has to hold this long without a break before the alarm is raised.</param>
public sealed record Alarm(string Name, AlarmMetric Metric, long Above, int ForSeconds)
{
    /// <summary>Each is looked at once a second.</summary>
    public const int MaxPerQueue = 10;

    public const long MaxAbove = 1L << 50;

    /// <summary>A day.</summary>
    public const int MaxForSeconds = 86_400;

    public long ValueIn(QueueStats stats, long deadLettered) => Metric switch
    {
        AlarmMetric.Messages => stats.Available + stats.Leased + stats.Delayed + stats.Blocked,
        AlarmMetric.Available => stats.Available,
        AlarmMetric.Leased => stats.Leased,
        AlarmMetric.Delayed => stats.Delayed,
        AlarmMetric.Blocked => stats.Blocked,
        AlarmMetric.Bytes => stats.Bytes,
        AlarmMetric.OldestMessageAgeSeconds => stats.OldestMessageAgeSeconds,
        _ => deadLettered,
    };
}

/// <summary>An alarm and its state.</summary>
/// <param name="Since">When it entered the state, Unix milliseconds.</param>
/// <param name="Value">Of its metric when it was last looked at; null when it was not since the start.</param>
public sealed record AlarmState(Alarm Alarm, bool IsRaised, long Since, long? Value);
