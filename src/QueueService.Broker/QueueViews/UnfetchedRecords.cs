using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.QueueViews;

/// <summary>Records that a queue view leased, and that the object store did not give: nobody has received
/// them.</summary>
internal static class UnfetchedRecords
{
    /// <summary>Until they are handed out again: the store may need a moment.</summary>
    private const long RetryMilliseconds = 1_000;

    /// <param name="leases">As they were given.</param>
    public static BrokerError GiveBack(
        Shard shard, PlainCommand<BrokerError> command, MessageQueue view,
        List<(long Position, int ReceiveCount)> leases)
    {
        command.Queue = view;
        if (view.IsDeleted) return view.Name.NotFound;
        leases.RemoveAll(lease => !view.TryGetTouched(lease.Position, out Touched touched)
            || !touched.IsLeased || touched.ReceiveCount != lease.ReceiveCount);
        if (leases.Count == 0) return BrokerError.None;
        leases.Sort();
        Span<long> positions = shard.OffsetBuffer(leases.Count);
        Span<int> counts = shard.CountBuffer(leases.Count);
        for (int i = 0; i < leases.Count; i++)
            (positions[i], counts[i]) = (leases[i].Position, leases[i].ReceiveCount - 1);
        shard.Store.BeginFrame();
        shard.Write(view, QueueRecord.Leased, shard.Now + RetryMilliseconds, shard.Runs(positions, counts));
        shard.Store.EndFrame();
        shard.Dispatch(view);
        command.Wrote = true;
        return BrokerError.None;
    }
}
