using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>Receives: served at once, in line, or not at all.</summary>
internal sealed class ReceiveOperation(string name, ReceiveRequest request, CancellationTokenSource? cancellation)
    : Operation<Result<ReceivedMessages>>
{
    private List<Seen>? _seen;
    private BrokerError[]? _acknowledged;
    private long _wait;

    /// <summary>Shard time at which the wait ends.</summary>
    public long Due { get; private set; }

    public CancellationTokenSource? Cancellation => cancellation;

    /// <summary>Its receipts are known to whoever draws operations.</summary>
    public bool IsLearned { get; set; }

    /// <summary>What was handed out. Read once; kept, as a slow reader does, until <see cref="Dispose"/>.</summary>
    public IReadOnlyList<Seen> Seen => _seen ??= Reading.ReadAll(Answer.Value);

    protected override ValueTask<Result<ReceivedMessages>> Call(MessageBroker broker) =>
        broker.Receive(BrokerHarness.Name(name), request, cancellation?.Token ?? CancellationToken.None);

    public override void Apply(NaiveBroker model)
    {
        if (model.Find(name) is not { } queue)
        {
            ThrowUnlessSame(BrokerError.QueueNotFound, Answer.Error, ToString());
            return;
        }

        if (request.Acknowledge is { Count: > 0 } receipts)
        {
            _acknowledged = queue.Check(receipts, model.Now);
            queue.Acknowledge(receipts, model.Now);
        }

        _wait = request.WaitMilliseconds ?? queue.Config.ReceiveWaitSeconds * 1000L;
        if (queue.Waiters.Count == 0 && TryServe(model, queue)) return;
        if (_wait > 0 && model.WaiterCount >= model.Options.MaxWaiters) ExpectError(BrokerError.TooManyWaiters);
        else if (_wait <= 0 && queue.Waiters.Count == 0) ExpectEmpty();
        else
        {
            Due = model.Now + _wait;
            queue.Waiters.Add(this);
        }
    }

    /// <summary>Takes what the model has for it; answers false when that is nothing.</summary>
    public bool TryServe(NaiveBroker model, NaiveQueue queue)
    {
        int available = queue.Count(MessageState.Available, model.Now);
        int room = request.AcknowledgeOnReceipt ? int.MaxValue
            : model.Options.MaxInFlightPerQueue - queue.Count(MessageState.Leased, model.Now);
        if (available == 0 || queue.Config.Paused) return false;
        if (room <= 0)
        {
            if (_wait > 0) return false;
            ExpectError(BrokerError.TooManyInFlight);
            return true;
        }

        ThrowUnless(IsAnswered, $"{this} was not answered, and {available} are available");
        ThrowUnlessSame(BrokerError.None, Answer.Error, ToString());
        ExpectAcknowledged();
        ThrowUnlessSame(queue.Config.Durability, Answer.Value.Durability, "durability");
        long deadline = model.Now + (request.VisibilityMilliseconds ?? queue.Config.VisibilityTimeoutSeconds * 1000L);
        queue.HandOut(Seen, Math.Min(request.Max, room), model.Now, deadline, request.AcknowledgeOnReceipt);
        return true;
    }

    /// <summary>After the line was served: its time is over, or it did not want to wait.</summary>
    public bool EndIfOver(NaiveBroker model, NaiveQueue queue)
    {
        if (Due > model.Now) return false;
        ThrowUnless(IsAnswered, $"{this} was not answered when its time was over ({queue.Name})");
        ExpectEmpty();
        return true;
    }

    public void ExpectEmpty()
    {
        ThrowUnlessSame(BrokerError.None, Answer.Error, ToString());
        ThrowUnlessSame(0, Seen.Count, $"messages of {this}");
        ExpectAcknowledged();
    }

    /// <summary>A slow reader looks again: what was handed out stays readable.</summary>
    public void ReadAgain()
    {
        if (!request.AcknowledgeOnReceipt || !Answer.Succeeded) return;
        List<Seen> again = Reading.ReadAll(Answer.Value);
        ThrowUnless(again.SequenceEqual(Seen), $"{this} was read differently the second time");
    }

    public void Dispose()
    {
        cancellation?.Dispose();
        if (IsAnswered && Answer.Succeeded) Answer.Value.Dispose();
    }

    public override void AddEffects(Aftermath aftermath)
    {
        QueueAftermath effects = aftermath[name];
        if (request.AcknowledgeOnReceipt) effects.MayTake = true;
        else effects.MayLease = true;
        if (request.Acknowledge is { Count: > 0 } receipts) effects.Settled.Add((Settlement.Acknowledge, receipts));
    }

    public override string ToString() => $"receive from {name} max {request.Max} wait {request.WaitMilliseconds} "
        + $"visibility {request.VisibilityMilliseconds}{(request.AcknowledgeOnReceipt ? " auto" : "")}"
        + (request.Acknowledge is { } receipts ? $" acknowledging {Reading.Show(receipts)}" : "");

    protected override string Describe(Result<ReceivedMessages> answer) =>
        answer.Succeeded ? string.Join(';', Seen) : $"{answer.Error}";

    /// <summary>An error has no side effect: after an acknowledgement the answer is an empty one.</summary>
    private void ExpectError(BrokerError error)
    {
        if (_acknowledged is not null) ExpectEmpty();
        else ThrowUnlessSame(error, Answer.Error, ToString());
    }

    private void ExpectAcknowledged() =>
        ThrowUnless((_acknowledged ?? []).SequenceEqual(Answer.Value.Acknowledged ?? []), $"acknowledged by {this}");
}

/// <summary>The caller of a receive goes away.</summary>
internal sealed class CancelOperation(ReceiveOperation target) : Operation
{
    public override bool IsAnswered => true;

    public override void Start(MessageBroker broker) => target.Cancellation!.Cancel();

    public override void Apply(NaiveBroker model)
    {
        foreach (NaiveQueue queue in model.Queues.Values)
            if (queue.Waiters.Remove(target)) target.ExpectEmpty();
    }

    public override void AddAnswerTo(AnswerHash hash) => hash.Add("cancelled");

    public override string ToString() => $"cancel [{target}]";
}
