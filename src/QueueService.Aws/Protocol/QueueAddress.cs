using QueueService.Broker.Queues;

namespace QueueService.Aws.Protocol;

/// <summary>A queue as AWS names it, and as the broker does.</summary>
/// <param name="Name">With `.fifo` at its end when it is a FIFO queue.</param>
internal readonly record struct QueueAddress(string Name, QueueName Queue)
{
    public const string FifoSuffix = ".fifo";

    public bool IsFifo => Name.EndsWith(FifoSuffix, StringComparison.Ordinal);

    public bool IsNone => Name is null;
}

/// <summary>A request about a queue.</summary>
internal interface IQueueRequest
{
    /// <summary>Null when the address that was called says it.</summary>
    string? QueueUrl { get; }
}
