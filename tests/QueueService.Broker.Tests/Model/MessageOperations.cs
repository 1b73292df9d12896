using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>Acknowledges, releases or extends.</summary>
internal sealed class SettleOperation(
    string name, Settlement settlement, IReadOnlyList<ReceiptHandle> receipts, long? milliseconds)
    : Operation<Result<SettleOutcome>>
{
    protected override ValueTask<Result<SettleOutcome>> Call(MessageBroker broker) =>
        broker.Settle(BrokerHarness.Name(name), settlement, receipts, milliseconds);

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);
        ThrowUnlessSame(queue is null ? BrokerError.QueueNotFound : BrokerError.None, Answer.Error, ToString());
        if (queue is null) return;
        BrokerError[] errors = queue.Check(receipts, model.Now);
        ThrowUnless(errors.SequenceEqual(Answer.Value.Errors),
            $"{this}: expected {string.Join(',', errors)}, was {string.Join(',', Answer.Value.Errors)}");
        List<NaiveMessage> held = queue.Held(receipts, model.Now);
        if (settlement == Settlement.Acknowledge) queue.Acknowledge(receipts, model.Now);
        else ThrowUnlessSame(Hide(queue, held, model.Now), Answer.Value.VisibleAt, $"visible at of {this}");
    }

    public override void AddEffects(Aftermath aftermath) => aftermath[name].Settled.Add((settlement, receipts));

    public override string ToString() => $"{settlement} {milliseconds} ms in {name}: {Reading.Show(receipts)}";

    protected override string Describe(Result<SettleOutcome> answer) =>
        answer.Succeeded ? string.Join(',', answer.Value.Errors) : $"{answer.Error}";

    /// <summary>Answers when the last of them becomes visible. A released message takes the delay that the request
    /// names, or that of the retry policy, but none when it goes to the dead-letter queue.</summary>
    private long Hide(NaiveQueue queue, List<NaiveMessage> held, long now)
    {
        long last = held.Count == 0 ? now + (milliseconds ?? 0) : now;
        foreach (NaiveMessage message in held)
        {
            bool isDoomed =
                settlement == Settlement.Release && message.ReceiveCount >= queue.Config.Redrive?.MaxReceiveCount;
            bool isExtended = settlement == Settlement.Extend && milliseconds > 0;
            if (!isExtended) message.Fail(now);
            message.VisibleAt = now + (isDoomed ? 0
                : milliseconds ?? (settlement == Settlement.Release ? queue.DelayOf(message) : 0));
            message.IsLeased = isExtended;
            last = Math.Max(last, message.VisibleAt);
        }

        return last;
    }
}

/// <summary>A page of a queue.</summary>
internal sealed class BrowseOperation(string name, BrowseRequest request) : Operation<Result<ReceivedMessages>>
{
    protected override ValueTask<Result<ReceivedMessages>> Call(MessageBroker broker) =>
        broker.Browse(BrokerHarness.Name(name), request);

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);
        ThrowUnlessSame(queue is null ? BrokerError.QueueNotFound : BrokerError.None, Answer.Error, ToString());
        if (queue is null) return;
        using ReceivedMessages answer = Answer.Value;
        List<NaiveMessage> from = [.. queue.Messages.Where(message =>
            message.Sequence >= request.From && message.AddedAt >= (request.Since ?? 0))];
        List<Seen> seen = Reading.ReadAll(answer);
        foreach (Seen message in seen) queue.ExpectBrowsed(message, model.Now);

        // What the broker shows may depend on when it looked: then it is only known what it may show.
        if (request.State is not null && queue.IsVague(model.Now)) return;
        List<NaiveMessage> page = [.. from.Where(message => request.State is null
            || queue.StatesOf(message, model.Now)[0] == request.State).Take(request.Limit)];
        ThrowUnless(page.Select(static message => message.Sequence).SequenceEqual(
            seen.Select(static message => message.Sequence)), $"{this} showed {string.Join(';', seen)}");
        NaiveMessage? next = page.Count < request.Limit ? null
            : from.Find(message => message.Sequence > page[^1].Sequence);
        ThrowUnlessSame(next?.Sequence, answer.Next, $"next page of {this}");
    }

    public override string ToString() =>
        $"browse {name} from {request.From} limit {request.Limit} state {request.State} "
        + $"since {request.Since}";

    protected override string Describe(Result<ReceivedMessages> answer) => $"{answer.Error}";
}

/// <summary>Looks at one message.</summary>
internal sealed class FindOperation(string name, MessageId id) : Operation<Result<ReceivedMessages>>
{
    protected override ValueTask<Result<ReceivedMessages>> Call(MessageBroker broker) =>
        broker.FindMessage(BrokerHarness.Name(name), id);

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);
        NaiveMessage? message = queue?.Find(id);
        ThrowUnlessSame(
            queue is null ? BrokerError.QueueNotFound : message is null ? BrokerError.MessageNotFound : BrokerError.None,
            Answer.Error, ToString());
        if (message is null) return;
        using ReceivedMessages answer = Answer.Value;
        queue!.ExpectBrowsed(Reading.ReadAll(answer).Single(), model.Now);
    }

    public override string ToString() => $"find {id.Queue}/{id.SequenceNumber} in {name}";

    protected override string Describe(Result<ReceivedMessages> answer) => $"{answer.Error}";
}

/// <summary>Deletes one message by its id.</summary>
internal sealed class DeleteMessageOperation(string name, MessageId id) : Operation<BrokerError>
{
    protected override ValueTask<BrokerError> Call(MessageBroker broker) =>
        broker.DeleteMessage(BrokerHarness.Name(name), id);

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);
        NaiveMessage? message = queue?.Find(id);
        BrokerError error = queue is null ? BrokerError.QueueNotFound
            : message is null ? BrokerError.MessageNotFound
            : message.HoldsLease(model.Now) ? BrokerError.MessageLeased : BrokerError.None;
        ThrowUnlessSame(error, Answer, ToString());
        if (error == BrokerError.None) queue!.Remove(message!);
    }

    public override void AddEffects(Aftermath aftermath) => aftermath[name].Removed.Add(id);

    public override string ToString() => $"delete {id.Queue}/{id.SequenceNumber} from {name}";
}

/// <summary>Removes everything.</summary>
internal sealed class PurgeOperation(string name) : Operation<BrokerError>
{
    protected override async ValueTask<BrokerError> Call(MessageBroker broker) =>
        (await broker.Purge(BrokerHarness.Name(name))).Error;

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);
        ThrowUnlessSame(queue is null ? BrokerError.QueueNotFound : BrokerError.None, Answer, ToString());
        queue?.Purge();
    }

    public override void AddEffects(Aftermath aftermath) => aftermath[name].Purged = true;

    public override string ToString() => $"purge {name}";
}
