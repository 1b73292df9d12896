using QueueService.Broker.Shards;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>
/// Ends messages that are older than their queue keeps them. The loop looks at memory only; what lies on disk is looked
/// up outside it and comes back as an offset.
/// </summary>
internal static class RetentionSweep
{
    /// <summary>How often one queue's files are asked, in milliseconds: its oldest message may be this late to go.
    /// </summary>
    private const long DiskIntervalMilliseconds = 10_000;

    /// <summary>Ends what is in memory and too old.</summary>
    public static RetentionPass Sweep(Shard shard, PlainCommand<RetentionPass> command)
    {
        long expired = 0;
        var onDisk = new List<(MessageQueue, long, long)>();
        foreach (MessageQueue queue in shard.Queues)
        {
            if (!queue.HasMessages) continue;
            long before = Before(shard, queue);
            long oldest = queue.NextPresent(queue.Floor);
            if (queue.Log.TryPin(oldest, out PinnedRecord record))
            {
                long time = record.Time;
                record.Release();
                if (time < before && queue.Log.TryFindTimeInMemory(before, out long floor))
                    expired += Expire(shard, queue, floor);
            }
            else if (shard.Now - queue.LastDiskSweep >= DiskIntervalMilliseconds)
            {
                queue.LastDiskSweep = shard.Now;
                queue.Log.TryFindTimeInMemory(long.MinValue, out long memoryStart);
                onDisk.Add((queue, before, memoryStart));
            }
        }

        command.Wrote = expired > 0;
        return new RetentionPass(expired, onDisk);
    }

    /// <summary>The queues that hold messages of other queues and were not looked at for a while, with the time before
    /// which their messages end.</summary>
    public static List<(MessageQueue Queue, long Before)> Moved(
        Shard shard, PlainCommand<List<(MessageQueue Queue, long Before)>> command)
    {
        var moved = new List<(MessageQueue, long)>();
        foreach (MessageQueue queue in shard.Queues)
        {
            if (queue.MovedTotal == 0 || !queue.HasMessages) continue;
            if (shard.Now - queue.LastMovedSweep < DiskIntervalMilliseconds) continue;
            queue.LastMovedSweep = shard.Now;
            moved.Add((queue, Before(shard, queue)));
        }

        return moved;
    }

    /// <summary>Ends everything below an offset; answers how many messages that were.</summary>
    public static long Expire(Shard shard, MessageQueue queue, long floor)
    {
        floor = Math.Min(floor, queue.Log.End);
        if (queue.IsDeleted || floor <= queue.Floor) return 0;
        long before = queue.ExpiredTotal;
        Span<byte> record = stackalloc byte[RecordWriting.MaxVarintBytes];
        int used = RecordWriting.WriteVarint(record, (ulong)floor);
        shard.Store.BeginFrame();
        shard.Write(queue, QueueRecord.Expired, record[..used]);
        shard.Store.EndFrame();

        // Fewer leases, fewer holes: a waiting receive may go on.
        shard.Dispatch(queue);
        return queue.ExpiredTotal - before;
    }

    private static long Before(Shard shard, MessageQueue queue) => shard.Now - (queue.Config.RetentionSeconds * 1000L);
}

/// <summary>What a pass ended in memory, and the queues whose oldest message is on disk, with the time before which
/// their messages end, and the offset where memory starts.</summary>
internal sealed record RetentionPass(
    long Expired, IReadOnlyList<(MessageQueue Queue, long Before, long MemoryStart)> OnDisk);
