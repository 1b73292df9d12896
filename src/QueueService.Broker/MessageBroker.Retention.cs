using QueueService.Broker.Queues;

namespace QueueService.Broker;

/// <summary>The end of messages that are older than their queue keeps them.</summary>
public sealed partial class MessageBroker
{
    /// <summary>One pass over all queues. To be called every second or so, one call at a time: a message on disk may
    /// live 10 s too long.</summary>
    /// <returns>Messages that expired.</returns>
    public async Task<long> ExpireMessages(CancellationToken cancellation)
    {
        long expired = await ExpireMoved(cancellation);
        RetentionPass pass = await Ask(RetentionSweep.Sweep, new RetentionPass(0, []));
        expired += pass.Expired;
        foreach ((MessageQueue queue, Lane lane, long before, long memoryStart) in pass.OnDisk)
        {
            if (cancellation.IsCancellationRequested) break;

            // Nothing on disk is young enough: then everything up to where memory started is too old. Where it starts
            // now would be wrong: what was in memory when the disk was asked may be on disk by now.
            expired += await Expire(queue, lane.FindTimeOnDisk(before) ?? memoryStart);
        }

        return expired;
    }

    /// <summary>All passes, for simulations.</summary>
    internal async Task Sweep()
    {
        await MoveDeadLetters(CancellationToken.None);
        await ExpireMessages(CancellationToken.None);
        await EvaluateAlarms();
    }

    private ValueTask<long> Expire(MessageQueue queue, long floor) => Ask<long>((shard, command) =>
    {
        command.Queue = queue;
        long expired = RetentionSweep.Expire(shard, queue, floor);
        command.Wrote = expired > 0;
        return expired;
    });
}
