using System.Buffers.Binary;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Topics;
using QueueService.Storage.Logs;

namespace QueueService.Broker;

/// <summary>Deliveries of subscriptions that hand their messages on: reported by whoever makes the attempts.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Keeps an attempt, and does what it leads to, in one commit. Answers ReceiptExpired when the delivery
    /// had become somebody else's meanwhile; the attempt is kept all the same.</summary>
    public async ValueTask<DeliveryOutcome> Report(SubscriptionName name, DeliveryReport report)
    {
        DeliveryOutcome outcome = await Ask<DeliveryOutcome>(
            (shard, command) => Deliveries.Report(shard, command, name, report),
            new DeliveryOutcome(BrokerError.ShuttingDown, null));
        if (outcome.Disabled is { } reason)
        {
            Tell(new BrokerEvent(
                BrokerEventKind.SubscriptionDisabled, name.Address, _time.GetUtcNow().ToUnixTimeMilliseconds())
                {
                    Reason = reason,
                });
        }

        return outcome;
    }

    /// <summary>Delivers messages again, or now instead of later, in one commit. Answers how many there are to deliver.
    /// </summary>
    /// <param name="sequenceNumbers">At most 10,000.</param>
    public ValueTask<Result<Redelivery>> Redeliver(
        SubscriptionName name, IReadOnlyList<long> sequenceNumbers, IdempotencyToken? token = null) =>
        Submit(token, Redelivery.Read, (shard, command) =>
            Deliveries.Redeliver(shard, command, name, sequenceNumbers));

    /// <summary>The subscription of a delivery; null when there is none.</summary>
    public ValueTask<SubscriptionName?> FindSubscription(MessageId delivery) => Ask<SubscriptionName?>((shard, _) =>
        shard.TryFindQueue(delivery.Queue, out MessageQueue? queue) && queue.IsSubscription
            ? SubscriptionName.At(queue.Name)
            : null);

    /// <summary>The newest attempts of a subscription, or those before a place that an earlier page named.</summary>
    /// <param name="limit">1 to 1,000.</param>
    public async ValueTask<Result<AttemptPage>> Attempts(SubscriptionName name, long? before, int limit)
    {
        Result<AttemptSelection> selected = await Query<AttemptSelection>(shard =>
            shard.FindQueue(name.Address) is { } subscription
                ? AttemptSelection.Select(subscription, before, limit)
                : BrokerError.SubscriptionNotFound);
        return selected.Succeeded ? selected.Value.Read() : selected.Error;
    }
}

/// <summary>Attempts that are to be read: those in memory are held, the others are on disk.</summary>
internal sealed record AttemptSelection(uint Subscription, AppendLog? Log, long From, long To, bool HasMore)
{
    private readonly List<PinnedRecord> _pinned = [];

    public static AttemptSelection Select(MessageQueue subscription, long? before, int limit)
    {
        if (subscription.Attempts is not { } attempts)
            return new AttemptSelection(subscription.Resource, null, 0, 0, HasMore: false);
        long to = Math.Min(before ?? attempts.Log.End, attempts.Log.End);
        long from = Math.Max(attempts.Floor, to - limit);
        var selection =
            new AttemptSelection(subscription.Resource, attempts.Log, from, Math.Max(from, to), from > attempts.Floor);
        for (long offset = from; offset < to; offset++)
        {
            attempts.Log.TryPin(offset, out PinnedRecord record);
            selection._pinned.Add(record);
        }

        return selection;
    }

    /// <summary>Once. What is damaged or was forgotten meanwhile is left out.</summary>
    public AttemptPage Read()
    {
        var attempts = new List<KeptAttempt>();
        using var reader = new SegmentReader();
        for (int i = 0; i < _pinned.Count; i++)
        {
            PinnedRecord record = _pinned[i];
            if (record.IsPinned) attempts.Add(Read(From + i, record.Time, record.Payload));
            else if (reader.Read(Log!, From + i, out long time, out ReadOnlySpan<byte> payload) == ReadOutcome.Found)
                attempts.Add(Read(From + i, time, payload));
            record.Release();
        }

        attempts.Reverse();
        return new AttemptPage(attempts, HasMore ? From : null);
    }

    private KeptAttempt Read(long offset, long time, ReadOnlySpan<byte> payload) => new(
        new MessageId(Subscription, BinaryPrimitives.ReadInt64LittleEndian(payload)),
        BinaryPrimitives.ReadInt32LittleEndian(payload[8..]), (DeliveryResult)payload[12], time,
        payload[DeliveryRecord.HeadBytes..].ToArray()) { Offset = offset };
}
