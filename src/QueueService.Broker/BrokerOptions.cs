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
