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

    /// <summary>Of a stream: the records that it keeps.</summary>
    Records = 8,

    /// <summary>Of a stream.</summary>
    OldestRecordAgeSeconds = 9,

    /// <summary>Of a stream: the records that a consumer group has not committed, of the group that has most.</summary>
    GroupLag = 10,

    /// <summary>Of a stream: the age of the oldest record that some consumer group has not committed.</summary>
    GroupLagSeconds = 11,
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

    internal bool IsAboutGroups => Metric is AlarmMetric.GroupLag or AlarmMetric.GroupLagSeconds;

    internal bool IsAboutAge => Metric is AlarmMetric.OldestMessageAgeSeconds or AlarmMetric.OldestRecordAgeSeconds;

    internal long ValueIn(AlarmReading reading) => ValueIn(reading.Stats, reading);

    private long ValueIn(QueueStats stats, AlarmReading reading) => Metric switch
    {
        AlarmMetric.Messages => stats.Available + stats.Leased + stats.Delayed + stats.Blocked,
        AlarmMetric.Available => stats.Available,
        AlarmMetric.Leased => stats.Leased,
        AlarmMetric.Delayed => stats.Delayed,
        AlarmMetric.Blocked => stats.Blocked,
        AlarmMetric.Bytes => stats.Bytes,
        AlarmMetric.OldestMessageAgeSeconds or AlarmMetric.OldestRecordAgeSeconds => stats.OldestMessageAgeSeconds,
        AlarmMetric.Records => stats.Available,
        AlarmMetric.GroupLag => reading.Lag,
        AlarmMetric.GroupLagSeconds => reading.LagMilliseconds / 1_000,
        _ => reading.DeadLettered,
    };
}

/// <summary>An alarm and its state.</summary>
/// <param name="Since">When it entered the state, Unix milliseconds.</param>
/// <param name="Value">Of its metric when it was last looked at; null when it was not since the start.</param>
public sealed record AlarmState(Alarm Alarm, bool IsRaised, long Since, long? Value);
