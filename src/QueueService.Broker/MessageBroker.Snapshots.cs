using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>Snapshots of subscriptions: which messages were not acknowledged at a moment.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Takes a snapshot that lives for <see cref="SnapshotLimits.Lifetime"/>, and no longer than the topic
    /// keeps messages. Under a name that exists nothing is taken. Answers also TooManySnapshots and
    /// SnapshotTooLarge.</summary>
    public ValueTask<Result<SnapshotChange>> PutSnapshot(SnapshotName name, Precondition condition) =>
        Submit<SnapshotChange>((shard, command) => Snapshots.Put(shard, command, name, condition));

    public ValueTask<Result<SubscriptionSnapshot>> GetSnapshot(SnapshotName name) =>
        Query<SubscriptionSnapshot>(shard => Snapshots.Get(shard, name));

    /// <summary>All snapshots of a subscription (there are few), in ordinal order of their names.</summary>
    public ValueTask<Result<IReadOnlyList<SubscriptionSnapshot>>> ListSnapshots(SubscriptionName name) =>
        Query<IReadOnlyList<SubscriptionSnapshot>>(shard => Snapshots.List(shard, name));

    public ValueTask<BrokerError> DeleteSnapshot(SnapshotName name, Precondition condition) =>
        Submit((shard, command) => Snapshots.Delete(shard, command, name, condition));

    /// <summary>Starts a subscription anew with the messages that were not acknowledged when the snapshot was taken and
    /// those published since. It may be that of another subscription of the same topic, unless that one had a filter
    /// (SnapshotIsFiltered). Receipts are worth nothing; what the topic does not keep any more is counted as missed.
    /// </summary>
    /// <returns>The level of the topic.</returns>
    public ValueTask<Result<Durability>> Seek(
        SubscriptionName name, SnapshotName snapshot, IdempotencyToken? token = null) =>
        Submit<Durability>(token, static outcome => (Durability)outcome[0], (shard, command) =>
            Snapshots.Seek(shard, command, name, snapshot));
}
