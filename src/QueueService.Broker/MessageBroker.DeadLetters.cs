using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;

namespace QueueService.Broker;

/// <summary>Dead letters: what the loop selects is read here, outside it, and moved by a second command.</summary>
public sealed partial class MessageBroker
{
    /// <summary>What the dead letters of a subscription look like: asked by its name, on any thread. Null, and an answer of
    /// null: as they were published.</summary>
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
    /// failed messages wait, and moves what failed as often as it may, as far as there is somewhere to go. To be called
    /// every second or so, one call at a time.</summary>
    /// <returns>Messages moved to dead-letter queues.</returns>
    public async Task<long> MoveDeadLetters(CancellationToken cancellation)
    {
        long moved = 0;
        foreach (MessageQueue queue in await Ask<List<MessageQueue>>(FailedLeases.Sweep, []))
        {
            for (bool more = true; more && !cancellation.IsCancellationRequested;)
            {
                DeadLetterSelection? selected =
                    await Ask<DeadLetterSelection?>((shard, _) => DeadLetters.SelectDoomed(shard, queue));
                if (selected is null) break;
                using DeadLetterSelection selection = selected;
                more = (await Move(selection, token: null)).Succeeded;
                if (more) moved += selection.Messages.Count;
            }
        }

        return moved;
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
