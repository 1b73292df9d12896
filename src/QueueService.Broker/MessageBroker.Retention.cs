using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Storage.Logs;

namespace QueueService.Broker;

/// <summary>The end of messages that are older than their queue keeps them.</summary>
public sealed partial class MessageBroker
{
    /// <summary>One pass over all queues, and over the members of consumer groups whose sessions are over. To be called
    /// every second or so, one call at a time: a message on disk may live 10 s too long.</summary>
    /// <returns>Messages that expired.</returns>
    public async Task<long> ExpireMessages(CancellationToken cancellation)
    {
        await Ask<bool>(GroupMembership.Sweep);
        long expired = await ExpireMoved(cancellation);
        RetentionPass pass = await Ask(RetentionSweep.Sweep, new RetentionPass(0, []));
        expired += pass.Expired;
        await Ask<long>(DurableStreamDefinitions.Sweep);
        foreach ((MessageQueue queue, Lane lane, long before, long memoryStart) in pass.OnDisk)
        {
            if (cancellation.IsCancellationRequested) break;

            // Nothing on disk is young enough: then everything up to where memory started is too old. Where it starts
            // now would be wrong: what was in memory when the disk was asked may be on disk by now.
            long floor = lane.FindTimeOnDisk(before) ?? memoryStart;

            // What compaction took from before the first record did not expire.
            if (!queue.IsCompacted || !lane.IsFirstOnDisk(floor)) expired += await Expire(queue, floor);
        }

        foreach (MessageQueue subscription in pass.Attempts)
        {
            if (cancellation.IsCancellationRequested) break;
            await ForgetAttempts(subscription, pass.AttemptsBefore);
        }

        return expired;
    }

    /// <summary>Where memory starts is asked before the disk, as above.</summary>
    private async ValueTask ForgetAttempts(MessageQueue subscription, long before)
    {
        (AppendLog? log, bool known, long floor) = await Ask<(AppendLog?, bool, long)>((_, _) =>
        {
            if (subscription.Attempts is not { } attempts) return default;
            bool inMemory = attempts.Log.TryFindTimeInMemory(before, out long offset);
            return (attempts.Log, inMemory, offset);
        });
        if (log is null) return;
        if (!known) floor = log.FindTimeOnDisk(before) ?? floor;
        await Ask<bool>((shard, command) =>
        {
            command.Queue = subscription;
            return command.Wrote = RetentionSweep.ForgetAttempts(shard, subscription, floor);
        });
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
