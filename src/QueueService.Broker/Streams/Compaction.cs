using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Storage.Compaction;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Streams;

/// <summary>Which partitions are compacted, and what may go; on the loop.</summary>
internal static class Compaction
{
    /// <summary>The partitions that are to be compacted now.</summary>
    /// <param name="all">Also those with little to do.</param>
    public static List<(MessageQueue Stream, Lane Lane)> FindDue(Shard shard, bool all)
    {
        var due = new List<(MessageQueue, Lane)>();
        foreach (MessageQueue stream in shard.Queues.Where(static queue => queue.IsCompacted))
            due.AddRange(stream.Lanes.Where(lane => RequestFor(shard, stream, lane, all) is not null)
                .Select(lane => (stream, lane)));
        return due;
    }

    /// <summary>What a pass over the partition may take; null when it is not due.</summary>
    public static CompactionRequest? RequestFor(Shard shard, MessageQueue stream, Lane lane, bool all)
    {
        if (stream.IsDeleted || !stream.IsCompacted) return null;
        CompactionRequest request = Request(shard, stream);
        LogUsage usage = lane.Log.Usage(request);
        if (all) return usage.CleanBytes + usage.DirtyBytes > 0 ? request with { SealsTail = true } : null;
        long worthwhile = Math.Max(usage.CleanBytes, StreamLimits.MinDirtyBytes);
        bool isOld = shard.Now - usage.OldestDirty > StreamLimits.MaxDirtyMilliseconds;

        // A tail that was sealed waits until it may be compacted, and until then no other one is sealed: each is a
        // file.
        if (!usage.IsRipening && (usage.TailBytes >= worthwhile || isOld)) return request with { SealsTail = true };
        return usage.ReadyBytes >= worthwhile || isOld || usage.HasDeadTombstones ? request : null;
    }

    public static CompactionState StateOf(Shard shard, MessageQueue stream, Lane lane)
    {
        LogUsage usage = lane.Log.Usage(Request(shard, stream));
        return new CompactionState(usage.CleanBytes + usage.DirtyBytes, usage.DirtyBytes, usage.LastCompaction);
    }

    private static CompactionRequest Request(Shard shard, MessageQueue stream)
    {
        StreamConfig config = stream.Config.Stream!;
        long lag = Math.Max(config.MinCompactionLagSeconds * 1_000L, StreamLimits.SupersededKeptMilliseconds);
        return new CompactionRequest(
            shard.Now, shard.Now - lag, shard.Now - (config.DeleteRetentionSeconds * 1_000L), shard.KeyOf);
    }
}
