using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.QueueViews;

/// <summary>
/// Records that a queue view has handed out or looked at, and that its stream does not have: compaction leaves holes in
/// a log and tells nobody. Whoever reads one of them finds out; here they end, and count as expired.
/// </summary>
internal static class AbsentRecords
{
    public static BrokerError End(
        Shard shard, PlainCommand<BrokerError> command, MessageQueue view, List<long> positions)
    {
        command.Queue = view;
        if (view.IsDeleted) return view.Name.NotFound;
        long[] present = [.. positions.Distinct().Order().Where(view.IsPresent)];
        if (present.Length == 0) return BrokerError.None;
        shard.Store.BeginFrame();
        shard.Write(view, QueueRecord.TtlEnded, shard.Runs(present));
        shard.Store.EndFrame();
        shard.Dispatch(view);
        command.Wrote = true;
        return BrokerError.None;
    }
}
