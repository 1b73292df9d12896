using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>What a queue's policies say about a delivery that ended without an acknowledgement.</summary>
internal static class FailedLeases
{
    /// <summary>Records written at once: bounds a turn in which very many leases end together.</summary>
    private const int MaxPerTurn = 1_000;

    /// <summary>The same, for messages that expire: their record is small.</summary>
    private const int MaxExpiredPerTurn = 20_000;

    /// <summary>Bytes that a sweep writes at once; the rest has its turn in the next one.</summary>
    private const int MaxSweepBytes = 1 << 20;

    /// <summary>SQS moves a dead letter with the next receive, and takes the delete of a consumer that is late until then.
    /// Where consumers do so, the sweep leaves it to them for so long.</summary>
    private const long LateMilliseconds = 15 * 60_000;

    /// <summary>Whether released messages need more than a look at the request.</summary>
    public static bool DecidesOver(MessageQueue queue) =>
        queue.Config.Retry.Kind != RetryKind.None || queue.Config.Redrive is not null;

    /// <summary>The retry policy's delay. The jitter is a hash of the delivery: a simulation meets the same one again.
    /// </summary>
    public static long DelayOf(MessageQueue queue, long offset, in Touched touched) =>
        queue.Config.Retry.DelayMilliseconds(
            touched.ReceiveCount,
            ReceiptSeal.SipHash(queue.Resource, (ulong)touched.ReceiveCount, [(ulong)offset], sizeof(ulong)));

    /// <summary>Writes until when the messages wait whose leases ran out; answers whether there were any. The delay
    /// counts from the end of the lease, whenever that is noticed.</summary>
    public static bool Delay(Shard shard, MessageQueue queue)
    {
        int written = 0;
        while (written < MaxPerTurn && queue.NextToRetry(out Touched touched) is { } offset)
        {
            if (written++ == 0) shard.Store.BeginFrame();
            long visibleAt = touched.Deadline + DelayOf(queue, offset, touched);
            shard.Write(queue, QueueRecord.Released, visibleAt, shard.Runs([offset]));
        }

        if (written == 0) return false;
        shard.Store.EndFrame();
        queue.Promote(shard.Now);
        return true;
    }

    /// <summary>Writes down which messages have expired, before anybody can get them; answers whether there were any.
    /// </summary>
    public static bool Expire(Shard shard, MessageQueue queue)
    {
        if (!queue.HasExpired) return false;
        long[] expired = queue.TakeExpired(MaxExpiredPerTurn, shard.Now);
        if (expired.Length == 0) return false;
        bool keep = queue.Config.Redrive is { IncludeExpired: true };
        shard.Store.BeginFrame();
        shard.Write(queue, keep ? QueueRecord.Expiring : QueueRecord.TtlEnded, shard.Runs(expired));
        shard.Store.EndFrame();
        queue.Promote(shard.Now);
        return true;
    }

    /// <summary>The sweep moves what failed by then. In a FIFO queue a late receipt is worth nothing, and a group waits.
    /// </summary>
    public static long SweptUntil(MessageQueue queue, long now) =>
        queue.IsMovedByReceives && !queue.IsFifo ? now - LateMilliseconds : long.MaxValue;

    /// <summary>Looks at the queues that have policies, also when nobody receives from them; answers those that have
    /// something for their dead-letter queue.</summary>
    public static List<MessageQueue> Sweep(Shard shard, PlainCommand<List<MessageQueue>> command)
    {
        var doomed = new List<MessageQueue>();
        foreach (MessageQueue queue in shard.Queues)
        {
            if (!DecidesOver(queue) && !queue.HasExpiries) continue;
            queue.Promote(shard.Now);
            if (shard.Store.BatchBytes < MaxSweepBytes) command.Wrote |= Delay(shard, queue) | Expire(shard, queue);
            if (queue.HasDoomedUntil(SweptUntil(queue, shard.Now))) doomed.Add(queue);
        }

        return doomed;
    }
}
