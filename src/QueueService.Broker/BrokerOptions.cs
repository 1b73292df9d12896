using QueueService.Storage;

namespace QueueService.Broker;

/// <summary>Settings of the process; each default has its reason.</summary>
public sealed record BrokerOptions
{
    /// <summary>Receives that may wait at once, over all queues: bounds memory (about 0.5 KB each).</summary>
    public int MaxWaiters { get; init; } = 20_000;

    /// <summary>Leases per queue: SQS's limit.</summary>
    public int MaxInFlightPerQueue { get; init; } = 120_000;

    /// <summary>Queues in all.</summary>
    public int MaxQueues { get; init; } = 100_000;

    /// <summary>Messages per lane of a queue whose groups are known ahead of their delivery (a queue has 16 lanes for
    /// groups, per priority): bounds memory, by estimate 150 bytes each. One blocked group with as many messages hides
    /// the other groups of its lane.</summary>
    public int ReadAheadPerLane { get; init; } = 20_000;

    /// <summary>Deduplication keys of the last five minutes, over all queues: bounds memory (48 to 96 bytes each, by
    /// the sizes of the tables; 800 MB at the limit). 23,000 deduplicated messages per second for ever, because a
    /// minute of keys goes as a whole; past it sends are refused, never forgotten.</summary>
    public int MaxDeduplicationKeys { get; init; } = 8 << 20;

    /// <summary>Idempotency keys of the last 24 hours: bounds memory (by estimate 150 bytes each, 150 MB at the limit).
    /// 40,000 keyed requests per hour for ever, because an hour of keys goes as a whole; past it new keys are refused,
    /// never forgotten.</summary>
    public int MaxIdempotencyKeys { get; init; } = 1_000_000;

    public StorageOptions Storage { get; init; } = new();

    /// <summary>Is told what happens, after its commit, from any thread. Must neither block nor fail.</summary>
    public Action<BrokerEvent>? Observer { get; init; }
}

/// <summary>Whether the broker takes work.</summary>
public enum BrokerHealth
{
    Ready,
    DiskFull,
    Draining,
    StorageFailed,
}
