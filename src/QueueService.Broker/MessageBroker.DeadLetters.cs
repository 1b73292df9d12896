using System.Runtime.CompilerServices;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker;

/// <summary>Dead letters: what the loop selects is read here, outside it, and moved by a second command.</summary>
public sealed partial class MessageBroker
{
    /// <summary>What the dead letters of a subscription look like: asked by its name, on any thread. Null, and an
    /// answer of null: as they were published.</summary>
    public Func<QueueName, CopyForm?>? DeadLetterForms { get; set; }

    /// <summary>Moves a leased message to the dead-letter queue of its queue.</summary>
    /// <param name="reason">Kept with the message.</param>
    /// <returns>The level of the stricter of the two queues, or QueueNotFound, ReceiptInvalid, ReceiptExpired,
    /// NoDeadLetterQueue, DeadLetterQueueNotFound, MessageNotFound (its bytes are damaged).</returns>
    public async ValueTask<Result<Durability>> DeadLetter(
        QueueName name, ReceiptHandle receipt, string reason, IdempotencyToken? token = null)
    {
        if (token is not null)
        {
            // The message that an earlier call moved cannot be selected any more.
            Result<Durability?> earlier = await Submit<Durability?>(
                token, static outcome => (Durability)outcome[0], static (_, _) => default(Durability?));
            if (!earlier.Succeeded) return earlier.Error;
            if (earlier.Value is { } durability) return durability;
        }

        Result<DeadLetterSelection> selected = await Submit<DeadLetterSelection>((shard, command) =>
            DeadLetters.SelectLeased(shard, command, name, receipt, reason));
        if (!selected.Succeeded) return selected.Error;
        using DeadLetterSelection selection = selected.Value;
        return await Move(selection, token);
    }

    /// <summary>One pass over the queues that have policies, whether anybody receives from them or not: writes how long
    /// failed messages wait, and moves what failed as often as it may, as far as there is somewhere to go. What the
    /// receives of a standard queue move is left to them for 15 minutes. To be called every second or so, one call at a
    /// time.</summary>
    /// <returns>Messages moved to dead-letter queues.</returns>
    public async Task<long> MoveDeadLetters(CancellationToken cancellation)
    {
        long moved = 0;
        foreach (MessageQueue queue in await Ask<List<MessageQueue>>(FailedLeases.Sweep, []))
        {
            for (bool more = true; more && !cancellation.IsCancellationRequested;)
            {
                int some = await MoveDoomed(shard =>
                    DeadLetters.SelectDoomed(shard, queue, FailedLeases.SweptUntil(queue, shard.Now)));
                more = some > 0;
                moved += some;
            }
        }

        return moved;
    }

    /// <summary>Receives, and before it answers moves what has failed as often as it may: all of it when there was
    /// nothing else, some of it when there was.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<ReceivedMessages>> ReceiveMoving(
        QueueName name, ReceiveRequest request, CancellationToken cancellation)
    {
        long began = _time.GetTimestamp();
        BrokerError[]? acknowledged = null;
        while (true)
        {
            Result<ReceivedMessages> result = await (_shard.Store.Tier is null
                ? SubmitReceive(name, request, cancellation)
                : ReceiveTiered(name, request, cancellation));
            if (!result.Succeeded) return result;
            ReceivedMessages messages = result.Value;
            acknowledged ??= messages.Acknowledged;
            messages.Acknowledged = acknowledged;
            if (!messages.HasDeadLetters) return result;
            bool moved = await MoveDoomed(shard => shard.FindQueue(name) is { } queue
                ? DeadLetters.SelectDoomed(shard, queue, long.MaxValue)
                : null) > 0;
            if (messages.Count > 0 || cancellation.IsCancellationRequested) return result;

            // Where there is no way for them, they wait for the sweep.
            long left = Math.Max(0, messages.WaitAsked - (long)_time.GetElapsedTime(began).TotalMilliseconds);
            request = request with { Acknowledge = null, MovesDeadLetters = moved, WaitMilliseconds = (int)left };
            messages.Dispose();
        }
    }

    /// <summary>Moves a page of what has failed as often as it may. Answers how many messages; 0 when there is none, or
    /// no way for them.</summary>
    private async ValueTask<int> MoveDoomed(Func<Shard, DeadLetterSelection?> select)
    {
        DeadLetterSelection? selected = await Ask<DeadLetterSelection?>((shard, _) => select(shard));
        if (selected is null) return 0;
        using DeadLetterSelection selection = selected;
        return (await Move(selection, token: null)).Succeeded ? selection.Messages.Count : 0;
    }

    private async ValueTask<Result<Durability>> Move(DeadLetterSelection selection, IdempotencyToken? token)
    {
        if (!await TryFetch(selection.Messages)) return BrokerError.TierUnavailable;
        CopyForm? form = selection.Queue.IsSubscription ? DeadLetterForms?.Invoke(selection.Queue.Name) : null;
        using MessageBatch batch = selection.Read(form);
        Result<Durability> moved = batch.Count == 0
            ? BrokerError.MessageNotFound
            : await Submit<Durability>(
                token, static outcome => (Durability)outcome[0],
                (shard, command) => DeadLetters.Move(shard, command, selection, batch));
        return await ReportDamage(selection.Messages) > 0 && batch.Count == 0 ? BrokerError.MessageNotFound : moved;
    }
}
