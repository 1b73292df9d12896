using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>
/// The leases of one live reader: what it was handed out and is not done with yet, whoever ends that and how. A receive
/// in its name gets no more than there is room for, and waits for room as it waits for messages. Belongs to one queue,
/// that of its first receive. One receive at a time.
/// </summary>
/// <remarks>Nothing of it survives a restart: then the leases end by their time. Changed on the loop only.</remarks>
/// <param name="capacity">The most leases that it may hold.</param>
public sealed partial class LeaseHolder(int capacity)
{
    private Shard? _shard;

    internal MessageQueue? Queue { get; private set; }

    internal HashSet<long> Leases { get; } = [];

    /// <summary>The receive that waits for room.</summary>
    internal ReceiveCommand? Parked { get; set; }

    internal int Room => capacity - Leases.Count;

    /// <summary>Answers false when it reads from another queue: one of the same name, that was made later.</summary>
    internal bool TryBind(Shard shard, MessageQueue queue)
    {
        _shard = shard;
        if (Queue is null && queue.IsQueueView) queue.Readers.Add(this);
        Queue ??= queue;
        return Queue == queue;
    }

    /// <summary>A lease has ended: a receive that waited for room stands in the queue's line from now on.</summary>
    internal void End(long lease)
    {
        Leases.Remove(lease);
        if (Parked is not { } receive) return;
        Parked = null;
        Queue!.Parked.Remove(receive.Node);
        Queue.Waiters.AddLast(receive.Node);
        _shard!.Dispatch(Queue);
    }
}
