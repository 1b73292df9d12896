using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>What a copy looks like: writes its body and answers its headers. Null: the target could not take it, and
/// the message is a dead letter, or given up.</summary>
public delegate MessageHeaders? CopyForm(in MessageView message, System.Buffers.IBufferWriter<byte> body);

/// <summary>How the messages of a subscription are copied.</summary>
/// <param name="Form">Null: copies are as the messages were published.</param>
public readonly record struct RelayOptions(CopyForm? Form)
{
    /// <summary>Messages for a queue that does not exist are dead letters, or given up. Else they wait for
    /// it.</summary>
    public bool GivesUpWithoutTarget { get; init; }

    /// <summary>In a FIFO queue a copy counts as sent by its deduplication id: it is dropped when a message of that id
    /// was sent within the queue's window, and later ones are dropped because of it. What is replayed is
    /// neither.</summary>
    public bool Deduplicates { get; init; }
}

/// <summary>Relays: one call at a time for each subscription whose target is a queue or a stream.</summary>
public sealed partial class MessageBroker
{
    private const int RelayMessages = ReceiveRequest.MaxMessages;

    /// <summary>A page stays well below the size of a commit.</summary>
    private const int RelayBytes = 1 << 20;

    /// <summary>As the call with options, which are nothing but a form.</summary>
    public ValueTask<RelayOutcome> Relay(
        SubscriptionName name, int waitMilliseconds, CopyForm? form, CancellationToken cancellation) =>
        Relay(name, waitMilliseconds, new RelayOptions(form), cancellation);

    /// <summary>Copies up to a thousand messages of a subscription to its target, each exactly once, waiting for the
    /// first one.</summary>
    /// <returns>Also SubscriptionNotFound; QueueFull, DeduplicationWindowFull, TargetQueueNotFound and
    /// TargetStreamNotFound: call again, after a pause.</returns>
    public async ValueTask<RelayOutcome> Relay(
        SubscriptionName name, int waitMilliseconds, RelayOptions options, CancellationToken cancellation)
    {
        var request = new ReceiveRequest
        {
            Max = RelayMessages, MaxBytes = RelayBytes, WaitMilliseconds = waitMilliseconds, IsInternal = true,
        };
        Result<ReceivedMessages> received = await Receive(name.Address, request, cancellation);
        if (!received.Succeeded) return new RelayOutcome(0, received.Error);
        using ReceivedMessages messages = received.Value;
        if (messages.Count == 0) return default;
        using MessageBatch batch = MessageBatch.Rent();
        var receipts = new List<ReceiptHandle>(messages.Count);
        var refused = new List<ReceiptHandle>();
        var replayed = new HashSet<int>();
        for (int i = 0; i < messages.Count; i++)
        {
            if (!messages.TryRead(i, out MessageView message)) continue;
            bool isCopied = batch.TryAddCopy(message, options.Form);
            if (isCopied && message.IsReplayed) replayed.Add(receipts.Count);
            (isCopied ? receipts : refused).Add(message.Receipt);
        }

        await ReportDamage(messages);
        await GiveUp(name, refused, "refused");
        if (receipts.Count == 0) return default;
        var page = new RelayPage(name, receipts, batch) { Deduplicates = options.Deduplicates, Replayed = replayed };
        RelayOutcome outcome = await Ask<RelayOutcome>(
            (shard, command) => Relays.Copy(shard, command, page), new RelayOutcome(0, BrokerError.ShuttingDown));
        if (options.GivesUpWithoutTarget && outcome.Error == BrokerError.TargetQueueNotFound)
        {
            await GiveUp(name, receipts, "targetQueueNotFound");
            return default;
        }

        if (outcome.Error != BrokerError.None)
        {
            // No policy decides over messages whose queue is full: it was not their delivery that failed.
            await GiveBack(name, receipts, 0);
        }

        return outcome;
    }

    /// <summary>Moves leased messages to the dead-letter queue of their subscription, or ends them when it has none.
    /// </summary>
    /// <param name="reason">Kept with a dead letter.</param>
    public async ValueTask GiveUp(SubscriptionName name, IReadOnlyList<ReceiptHandle> receipts, string reason)
    {
        foreach (ReceiptHandle receipt in receipts)
        {
            Result<Durability> moved = await DeadLetter(name.Address, receipt, reason);
            if (moved.Error is BrokerError.NoDeadLetterQueue or BrokerError.DeadLetterQueueNotFound)
                await Submit((shard, command) => Relays.Abandon(shard, command, name, receipt));
        }
    }

    /// <summary>Gives back what was leased before this process began, to whoever is the only consumer of a
    /// subscription.</summary>
    public ValueTask<BrokerError> ReleaseAll(SubscriptionName name) =>
        Submit((shard, command) => Relays.ReleaseAll(shard, command, name));
}
