using System.Runtime.InteropServices;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>What becomes of the leases of a live reader that is gone.</summary>
internal static class HeldLeases
{
    /// <summary>Gives back what the holder still holds, as the queue's policies say of a failed delivery.</summary>
    public static BrokerError Release(Shard shard, PlainCommand<BrokerError> command, LeaseHolder holder)
    {
        MessageQueue? queue = holder.Queue;
        if (queue is null || queue.IsDeleted) return BrokerError.None;
        command.Queue = queue;
        queue.Readers.Remove(holder);

        // A lease that has ended by its time only waits for somebody to notice.
        queue.Promote(shard.Now);
        if (holder.Leases.Count == 0) return BrokerError.None;
        List<long> leases = [.. holder.Leases.Order()];
        shard.Store.BeginFrame();
        SettleCommand.Release(shard, queue, CollectionsMarshal.AsSpan(leases), milliseconds: null);
        shard.Store.EndFrame();
        command.Wrote = true;
        shard.Dispatch(queue);
        return BrokerError.None;
    }
}
