using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Topics;

/// <summary>Undoing leases on the loop: a lease with the count before, which ends in the same frame.</summary>
internal static class GivenBack
{
    public static BrokerError Apply(
        Shard shard, PlainCommand<BrokerError> command, SubscriptionName name,
        (IReadOnlyList<ReceiptHandle> Receipts, long Milliseconds) given)
    {
        if (shard.FindQueue(name.Address) is not { } subscription) return BrokerError.SubscriptionNotFound;
        ReceiptHandle[] holding =
        [
            .. given.Receipts.Where(receipt => Settler.Check(shard, subscription, receipt) == BrokerError.None)
                .DistinctBy(static receipt => receipt.SequenceNumber)
                .OrderBy(static receipt => receipt.SequenceNumber),
        ];
        if (holding.Length == 0) return BrokerError.None;
        long[] positions = [.. holding.Select(static receipt => receipt.SequenceNumber)];
        int[] counts = [.. holding.Select(static receipt => (int)receipt.ReceiveCount - 1)];
        command.Queue = subscription;
        command.Wrote = true;
        shard.Store.BeginFrame();
        shard.Write(subscription, QueueRecord.Leased, shard.Now, shard.Runs(positions, counts));
        shard.Write(subscription, QueueRecord.Released, shard.Now + given.Milliseconds, shard.Runs(positions));
        shard.Store.EndFrame();
        shard.Dispatch(subscription);
        return BrokerError.None;
    }
}
