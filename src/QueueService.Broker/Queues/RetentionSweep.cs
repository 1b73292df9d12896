using QueueService.Broker.Shards;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>
/// Ends messages that are older than their queue keeps them. The loop looks at memory only; what lies on disk is looked
/// up outside it and comes back as a position.
/// </summary>
internal static class RetentionSweep
{
    /// <summary>How often one queue's files are asked, in milliseconds: its oldest message may be this late to go.
    /// </summary>
    private const long DiskIntervalMilliseconds = 10_000;

    /// <summary>Messages that passed a subscription by before that is written down: looked at again in a hundredth of a
    /// second.</summary>
    private const long SkippedPerRecord = 10_000;

    private const int SkippedRuns = 1_000;

    /// <summary>Ends what is in memory and too old.</summary>
    public static RetentionPass Sweep(Shard shard, PlainCommand<RetentionPass> command)
    {
        long expired = 0;
        var onDisk = new List<(MessageQueue, Lane, long, long)>();
        var attempts = new List<MessageQueue>();
        command.Wrote = shard.ForgetKeys();
        foreach (MessageQueue queue in shard.Queues)
        {
            if (queue.HasForgettable(shard.Now)) command.Wrote |= Forget(shard, queue);
            if (queue.IsSubscription)
            {
                command.Wrote |= WriteSkipped(shard, queue) | Snapshots.Expire(shard, queue);
                if (HasOldAttempts(shard, queue)) attempts.Add(queue);
                continue;
            }

            if (queue.IsStream || queue.IsDurable) command.Wrote |= ForgetProducers(shard, queue);
            if (queue.IsDurable) continue;
            if (queue.Config.Stream is { Cleanup: CleanupPolicy.Compact }) continue;
            long before = Before(shard, queue);
            foreach (Lane lane in queue.Lanes)
            {
                if (!lane.HasMessages) continue;
                if (queue.Config.Stream is { RetentionBytes: > 0 and var bytes })
                    expired += Expire(
                        shard, queue, queue.IsCompacted ? lane.StoredFloorFor(bytes) : lane.FloorFor(bytes));
                long oldest = lane.NextPresent(lane.Floor);
                if (lane.TryPin(oldest, out PinnedRecord record))
                {
                    long time = record.Time;
                    record.Release();
                    if (time < before && lane.TryFindTimeInMemory(before, out long floor))
                        expired += Expire(shard, queue, floor);
                }
                else if (shard.Now - lane.LastDiskSweep >= DiskIntervalMilliseconds)
                {
                    lane.LastDiskSweep = shard.Now;
                    lane.TryFindTimeInMemory(long.MinValue, out long memoryStart);
                    onDisk.Add((queue, lane, before, memoryStart));
                }
            }
        }

        command.Wrote |= expired > 0;
        return new RetentionPass(expired, onDisk)
        {
            Attempts = attempts, AttemptsBefore = shard.Now - AttemptLog.MaxAge,
        };
    }

    /// <summary>The lanes of queues that hold messages of other queues and were not looked at for a while, with the
    /// time before which their messages end.</summary>
    public static List<(MessageQueue Queue, Lane Lane, long Before)> Moved(
        Shard shard, PlainCommand<List<(MessageQueue Queue, Lane Lane, long Before)>> command)
    {
        var moved = new List<(MessageQueue, Lane, long)>();
        foreach (MessageQueue queue in shard.Queues)
        {
            if (queue.MovedTotal == 0 || !queue.HasMessages) continue;
            if (shard.Now - queue.LastMovedSweep < DiskIntervalMilliseconds) continue;
            queue.LastMovedSweep = shard.Now;
            foreach (Lane lane in queue.Lanes) moved.Add((queue, lane, Before(shard, queue)));
        }

        return moved;
    }

    /// <summary>Ends everything of a lane below a position; answers how many messages that were.</summary>
    public static long Expire(Shard shard, MessageQueue queue, long floor)
    {
        Lane lane = queue.LaneOf(floor);
        floor = Math.Min(floor, lane.End);
        if (queue.IsDeleted || floor <= lane.Floor) return 0;
        long before = queue.ExpiredTotal;
        Span<byte> record = stackalloc byte[RecordWriting.MaxVarintBytes];
        int used = RecordWriting.WriteVarint(record, (ulong)floor);
        shard.Store.BeginFrame();
        shard.Write(queue, QueueRecord.Expired, record[..used]);
        if (queue.IsTopic) Miss(shard, queue, floor, record[..used]);
        shard.Store.EndFrame();

        // Fewer leases, fewer holes: a waiting receive may go on.
        shard.Dispatch(queue);
        return queue.ExpiredTotal - before;
    }

    private static bool ForgetProducers(Shard shard, MessageQueue stream)
    {
        long before = shard.Now - StreamLimits.ProducerExpiryMilliseconds;
        if (shard.Now - stream.Producers.LastSweep < DiskIntervalMilliseconds) return false;
        stream.Producers.LastSweep = shard.Now;
        if (!stream.Producers.HasOlder(before)) return false;
        Span<byte> record = stackalloc byte[RecordWriting.MaxVarintBytes];
        int used = RecordWriting.WriteVarint(record, (ulong)before);
        shard.Store.BeginFrame();
        shard.Write(stream, QueueRecord.ProducersForgotten, record[..used]);
        shard.Store.EndFrame();
        return true;
    }

    /// <summary>A subscription that many messages passed by does not look at them again after a restart.</summary>
    private static bool WriteSkipped(Shard shard, MessageQueue subscription)
    {
        if (subscription.Filter is null) return false;
        foreach (Lane lane in subscription.Lanes) subscription.FanOut!.Scan.Settle(lane);
        long skipped = subscription.Lanes.Sum(static lane => lane.Unmatched.Sum(static run => run.To - run.From));
        if (skipped < SkippedPerRecord && subscription.UnmatchedRuns < SkippedRuns) return false;
        shard.Store.BeginFrame();
        shard.WriteSkipped(subscription);
        shard.Store.EndFrame();
        return true;
    }

    /// <summary>What a subscription has not dealt with is gone for it too, and counted.</summary>
    private static void Miss(Shard shard, MessageQueue topic, long floor, ReadOnlySpan<byte> record)
    {
        foreach (MessageQueue subscription in topic.FanOut!.Subscriptions.Values)
        {
            if (subscription.LaneOf(floor).Floor >= floor) continue;
            shard.Write(subscription, QueueRecord.Missed, record);
            shard.Dispatch(subscription);
        }
    }

    /// <summary>Forgets attempts below an offset of their log.</summary>
    public static bool ForgetAttempts(Shard shard, MessageQueue subscription, long floor)
    {
        if (subscription.IsDeleted || subscription.Attempts is not { } attempts || floor <= attempts.Floor)
            return false;
        Span<byte> record = stackalloc byte[RecordWriting.MaxVarintBytes];
        int used = RecordWriting.WriteVarint(record, (ulong)floor);
        shard.Store.BeginFrame();
        shard.Write(subscription, QueueRecord.AttemptsForgotten, record[..used]);
        shard.Store.EndFrame();
        return true;
    }

    /// <summary>The oldest attempt may be too old, and it is time to look.</summary>
    private static bool HasOldAttempts(Shard shard, MessageQueue subscription)
    {
        if (subscription.Attempts is not { } attempts || shard.Now - attempts.LastSweep < DiskIntervalMilliseconds)
            return false;
        attempts.LastSweep = shard.Now;
        return attempts.Floor < attempts.Log.End;
    }

    private static bool Forget(Shard shard, MessageQueue queue)
    {
        shard.Store.BeginFrame();
        shard.Write(queue, QueueRecord.Forgotten, []);
        shard.Store.EndFrame();
        return true;
    }

    private static long Before(Shard shard, MessageQueue queue) => shard.Now - (queue.Config.RetentionSeconds * 1000L);
}

/// <summary>What a pass ended in memory, and the lanes whose oldest message is on disk, with the time before which
/// their messages end, and the position where memory starts.</summary>
internal sealed record RetentionPass(
    long Expired, IReadOnlyList<(MessageQueue Queue, Lane Lane, long Before, long MemoryStart)> OnDisk)
{
    /// <summary>Subscriptions whose attempts are to be looked through.</summary>
    public IReadOnlyList<MessageQueue> Attempts { get; init; } = [];

    /// <summary>Older ones are forgotten, Unix milliseconds.</summary>
    public long AttemptsBefore { get; init; }
}
