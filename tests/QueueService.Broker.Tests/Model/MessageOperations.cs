using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>Acknowledges, releases or extends.</summary>
internal sealed class SettleOperation(
    string name, Settlement settlement, IReadOnlyList<ReceiptHandle> receipts, long milliseconds)
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
        long visibleAt = model.Now + milliseconds;
        if (settlement == Settlement.Acknowledge) queue.Acknowledge(receipts, model.Now);
        else queue.Hide(receipts, model.Now, visibleAt, leased: settlement == Settlement.Extend && milliseconds > 0);
        if (settlement != Settlement.Acknowledge) ThrowUnlessSame(visibleAt, Answer.Value.VisibleAt, "visible at");
    }

    public override void AddEffects(Aftermath aftermath) => aftermath[name].Settled.Add((settlement, receipts));

    public override string ToString() => $"{settlement} {milliseconds} ms in {name}: {Reading.Show(receipts)}";

    protected override string Describe(Result<SettleOutcome> answer) =>
        answer.Succeeded ? string.Join(',', answer.Value.Errors) : $"{answer.Error}";
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
            message.Sequence >= request.From && message.SentAt >= (request.Since ?? 0))];
        List<NaiveMessage> page = [.. from
            .Where(message => request.State is null || message.StateAt(model.Now) == request.State).Take(request.Limit)];
        List<Seen> seen = Reading.ReadAll(answer);
        ThrowUnless(page.Select(static message => message.Sequence).SequenceEqual(
            seen.Select(static message => message.Id.SequenceNumber)), $"{this} showed {string.Join(';', seen)}");
        foreach (Seen message in seen) queue.ExpectBrowsed(message, model.Now);
        NaiveMessage? next = page.Count < request.Limit ? null
            : from.Find(message => message.Sequence > page[^1].Sequence);
        ThrowUnlessSame(next?.Sequence, answer.Next, $"next page of {this}");
    }

    public override string ToString() => $"browse {name} from {request.From} limit {request.Limit} state {request.State} "
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
        NaiveMessage? message = id.Queue == queue?.Resource ? queue.Find(id.SequenceNumber) : null;
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
        NaiveMessage? message = id.Queue == queue?.Resource ? queue.Find(id.SequenceNumber) : null;
        BrokerError error = queue is null ? BrokerError.QueueNotFound
            : message is null ? BrokerError.MessageNotFound
            : message.StateAt(model.Now) == MessageState.Leased ? BrokerError.MessageLeased : BrokerError.None;
        ThrowUnlessSame(error, Answer, ToString());
        if (error == BrokerError.None) queue!.Remove(message!);
    }

    public override void AddEffects(Aftermath aftermath) => aftermath[name].Removed.Add(id.SequenceNumber);

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
