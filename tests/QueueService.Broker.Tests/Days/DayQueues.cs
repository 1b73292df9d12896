using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Days;

/// <summary>The queues of a day.</summary>
internal static class DayQueues
{
    private const int Hour = 3_600;

    public static bool IsDeadLetterQueue(string name) => name.EndsWith("-dead", StringComparison.Ordinal);

    /// <param name="seed">Some settings differ from day to day.</param>
    public static DayQueue[] Make(ulong seed) =>
    [
        new("jobs-dead", new QueueConfig { RetentionSeconds = 16 * Hour }),
        new("jobs", new QueueConfig
        {
            RetentionSeconds = 12 * Hour,
            Redrive = new RedrivePolicy("jobs-dead", 3),
            Retry = new RetryPolicy { Kind = RetryKind.Fixed, MinSeconds = 120, JitterThousandths = 300 },
            ResetRetentionOnDeadLetter = seed % 2 == 0,
        }),
        new("orders-dead", new QueueConfig { Type = QueueType.Fifo, RetentionSeconds = 14 * Hour }),
        new("orders", new QueueConfig
        {
            Type = QueueType.Fifo,
            RetentionSeconds = 12 * Hour,
            Redrive = new RedrivePolicy("orders-dead", 4) { IncludeExpired = true },
            Retry = new RetryPolicy
            {
                Kind = RetryKind.Exponential, MinSeconds = 60, MaxSeconds = 200, JitterThousandths = 200,
            },
            DeduplicationScope = seed % 3 == 0 ? DeduplicationScope.Queue : DeduplicationScope.Group,
        }),
        new("plain", new QueueConfig { RetentionSeconds = 2 * Hour }),
        new("latest", new QueueConfig
        {
            RetentionSeconds = 3 * Hour, MaxMessages = 25, Overflow = OverflowPolicy.DropOldest,
        }),
        new("strict", new QueueConfig
        {
            Type = QueueType.Fifo,
            RetentionSeconds = 2 * Hour,
            MaxMessages = 8,
            ContentBasedDeduplication = true,
            DeduplicationScope = seed % 3 == 1 ? DeduplicationScope.Group : DeduplicationScope.Queue,
        }),
    ];
}
