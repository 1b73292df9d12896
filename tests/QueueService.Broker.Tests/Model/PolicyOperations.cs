using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>Gives a message another time of delivery.</summary>
internal sealed class RescheduleOperation(string name, MessageId id, SendOptions when) : Operation<Result<long>>
{
    protected override ValueTask<Result<long>> Call(MessageBroker broker) =>
        broker.Reschedule(BrokerHarness.Name(name), id, when);

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);
        NaiveMessage? message = queue?.Find(id);
        long visibleAt = when.DeliverAt ?? model.Now + when.DelayMilliseconds!.Value;
        BrokerError error = queue is null ? BrokerError.QueueNotFound
            : message is null ? BrokerError.MessageNotFound : Check(queue, message, visibleAt, model.Now);
        ThrowUnlessSame(error, Answer.Error, ToString());
        if (error != BrokerError.None) return;
        message!.VisibleAt = Math.Max(visibleAt, model.Now);
        message.IsLeased = false;
        ThrowUnlessSame(message.VisibleAt, Answer.Value, $"answer of {this}");
    }

    public override void AddEffects(Aftermath aftermath) => aftermath[name].Rescheduled.Add(id);

    public override string ToString() =>
        $"reschedule {id.Queue}/{id.SequenceNumber} in {name} by {when.DelayMilliseconds} to {when.DeliverAt}";

    private static BrokerError Check(NaiveQueue queue, NaiveMessage message, long visibleAt, long now)
    {
        // One whose delivery has failed belongs to its policies until these have decided.
        bool hasFailed = message.IsTouched && queue.FateOf(message, now) is not (NaiveFate.Hidden or NaiveFate.Ready);
        if (message.HoldsLease(now) || hasFailed) return BrokerError.MessageLeased;
        if (visibleAt - now > 31_536_000_000) return BrokerError.DeliverAtTooFar;
        long end = message.ExpiresAt != 0
            ? message.ExpiresAt
            : message.RetentionFrom + (queue.Config.RetentionSeconds * 1000L);
        return visibleAt >= end ? BrokerError.DelayExceedsRetention : BrokerError.None;
    }
}

/// <summary>A consumer gives a message up.</summary>
internal sealed class DeadLetterOperation(string name, ReceiptHandle receipt) : Operation<Result<Durability>>
{
    private const string Reason = "poison";

    protected override ValueTask<Result<Durability>> Call(MessageBroker broker) =>
        broker.DeadLetter(BrokerHarness.Name(name), receipt, Reason);

    public override void Apply(NaiveBroker model)
    {
        // As with a send: memory full of unwritten records.
        if (Answer.Error == BrokerError.Overloaded) return;
        NaiveQueue? queue = model.Find(name);
        NaiveQueue? target = queue?.Config.Redrive is { } redrive ? model.Find(redrive.DeadLetterQueue) : null;
        BrokerError error = queue is null ? BrokerError.QueueNotFound
            : queue.Check([receipt], model.Now)[0] is var wrong and not BrokerError.None ? wrong
            : queue.Config.Redrive is null ? BrokerError.NoDeadLetterQueue
            : target is null ? BrokerError.DeadLetterQueueNotFound : BrokerError.None;
        ThrowUnlessSame(error, Answer.Error, ToString());
        if (error != BrokerError.None) return;
        ThrowUnlessSame(
            (Durability)Math.Min((int)queue!.Config.Durability, (int)target!.Config.Durability), Answer.Value,
            "durability");
        model.Move(queue, queue.Held([receipt], model.Now).Single(), Reason);
    }

    public override void AddEffects(Aftermath aftermath) => aftermath[name].DeadLettered.Add(receipt);

    public override string ToString() => $"dead-letter {Reading.Show([receipt])} of {name}";

    protected override string Describe(Result<Durability> answer) => $"{answer.Error}";
}
