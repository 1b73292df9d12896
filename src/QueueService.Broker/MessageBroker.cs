using QueueService.Broker.Queues;
using QueueService.Storage.Files;

namespace QueueService.Broker;

/// <summary>
/// The broker as the server sees it: every operation is one call, and every answer leaves after the commit that covers
/// it. Safe for any number of concurrent callers. A ValueTask is awaited once.
/// </summary>
/// <remarks>
/// Any operation may answer StorageFailed, ShuttingDown or Overloaded, and those that add data DiskFull.
/// </remarks>
public sealed class MessageBroker : IAsyncDisposable
{
    /// <summary>Opens (or creates) the data directory, recovers and starts the shard.</summary>
    /// <exception cref="IOException">The directory is locked by another process, or unreadable.</exception>
    public static MessageBroker Open(IFileSystem files, BrokerOptions options, TimeProvider time) =>
        throw new NotSupportedException();

    public BrokerHealth Health => throw new NotSupportedException();

    /// <summary>Creates a queue, or replaces its mutable settings.</summary>
    public ValueTask<Result<QueueChange>> PutQueue(QueueName name, QueueConfig config, Precondition precondition) =>
        throw new NotSupportedException();

    /// <summary>Changes a queue: the function gets the current settings and answers the new ones.</summary>
    public ValueTask<Result<QueueChange>> PatchQueue(
        QueueName name, Func<QueueConfig, QueueConfig> change, Precondition precondition) =>
        throw new NotSupportedException();

    /// <summary>Deletes a queue and all its messages.</summary>
    public ValueTask<BrokerError> DeleteQueue(QueueName name, Precondition precondition) =>
        throw new NotSupportedException();

    public ValueTask<Result<QueueDescription>> GetQueue(QueueName name) => throw new NotSupportedException();

    public ValueTask<Result<QueuePage>> ListQueues(string prefix, string? after, int limit) =>
        throw new NotSupportedException();

    /// <summary>Adds one message or a batch, all or nothing unless the batch is partial. Takes the batch over.
    /// </summary>
    public ValueTask<Result<SendOutcome>> Send(QueueName name, MessageBatch batch) => throw new NotSupportedException();

    /// <summary>Leases messages, waiting for the first one as long as asked. A cancelled wait answers an empty list.
    /// </summary>
    public ValueTask<Result<ReceivedMessages>> Receive(
        QueueName name, ReceiveRequest request, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Ends or prolongs leases. The duration (milliseconds) is that of a release or an extension.</summary>
    public ValueTask<Result<SettleOutcome>> Settle(
        QueueName name, Settlement settlement, IReadOnlyList<ReceiptHandle> receipts, long milliseconds = 0) =>
        throw new NotSupportedException();

    public ValueTask<Result<ReceivedMessages>> Browse(QueueName name, BrowseRequest request) =>
        throw new NotSupportedException();

    /// <summary>The one message, as by browsing.</summary>
    public ValueTask<Result<ReceivedMessages>> FindMessage(QueueName name, MessageId id) =>
        throw new NotSupportedException();

    public ValueTask<BrokerError> DeleteMessage(QueueName name, MessageId id) => throw new NotSupportedException();

    /// <summary>Removes all messages, leased ones too, in one commit.</summary>
    public ValueTask<BrokerError> Purge(QueueName name) => throw new NotSupportedException();

    /// <summary>Answers all waiting receives now, empty, and lets no new one wait. Other work goes on.</summary>
    public void Drain() => throw new NotSupportedException();

    /// <summary>Finishes what was accepted, writes a checkpoint and closes the files.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}

/// <summary>Whether the broker takes work.</summary>
public enum BrokerHealth
{
    Ready,
    DiskFull,
    Draining,
    StorageFailed,
}

/// <summary>Settings of the process; each default has its reason in its own file.</summary>
public sealed record BrokerOptions
{
    /// <summary>Receives that may wait at once, over all queues: bounds memory (about 0.5 KB each).</summary>
    public int MaxWaiters { get; init; } = 20_000;

    /// <summary>Leases per queue: SQS's limit.</summary>
    public int MaxInFlightPerQueue { get; init; } = 120_000;

    /// <summary>Queues in all.</summary>
    public int MaxQueues { get; init; } = 100_000;
}
