using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>What a copy looks like: writes its body and answers its headers.</summary>
public delegate MessageHeaders CopyForm(in MessageView message, System.Buffers.IBufferWriter<byte> body);

/// <summary>Relays: one call at a time for each subscription whose target is a queue or a stream.</summary>
public sealed partial class MessageBroker
{
    private const int RelayMessages = ReceiveRequest.MaxMessages;

    /// <summary>A page stays well below the size of a commit.</summary>
    private const int RelayBytes = 1 << 20;

    /// <summary>Copies up to a thousand messages of a subscription to its target, each exactly once, waiting for the
    /// first one.</summary>
    /// <param name="form">Null: copies are as the messages were published.</param>
    /// <returns>Also SubscriptionNotFound; QueueFull, TargetQueueNotFound and TargetStreamNotFound: call again, after a pause.
    /// </returns>
    public async ValueTask<RelayOutcome> Relay(
        SubscriptionName name, int waitMilliseconds, CopyForm? form, CancellationToken cancellation)
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
        for (int i = 0; i < messages.Count; i++)
        {
            if (!messages.TryRead(i, out MessageView message)) continue;
            batch.AddCopy(message, form);
            receipts.Add(message.Receipt);
        }

        await ReportDamage(messages);
        var page = new RelayPage(name, receipts, batch);
        RelayOutcome outcome = await Ask<RelayOutcome>(
            (shard, command) => Relays.Copy(shard, command, page), new RelayOutcome(0, BrokerError.ShuttingDown));
        if (outcome.Error != BrokerError.None)
        {
            // No policy decides over messages whose queue is full: it was not their delivery that failed.
            await GiveBack(name, receipts, 0);
        }

        return outcome;
    }

    /// <summary>Gives back what was leased before this process began, to whoever is the only consumer of a subscription.
    /// </summary>
    public ValueTask<BrokerError> ReleaseAll(SubscriptionName name) =>
        Submit((shard, command) => Relays.ReleaseAll(shard, command, name));
}
