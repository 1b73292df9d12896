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
    private int _delays;

    /// <summary>Shard time at which the wait ends.</summary>
    public long Due { get; private set; }

    public CancellationTokenSource? Cancellation => cancellation;

    /// <summary>Its receipts are known to whoever draws operations.</summary>
    public bool IsLearned { get; set; }

    /// <summary>What was handed out. Read once; kept, as a slow reader does, until <see cref="Dispose"/>.</summary>
    public IReadOnlyList<Seen> Seen => _seen ??= Reading.ReadAll(Answer.Value);

    private bool IsEmpty => Answer.Succeeded && Seen.Count == 0;

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

        if (TryRepeat(queue, model.Now)) return;
        _wait = request.WaitMilliseconds ?? queue.Config.ReceiveWaitSeconds * 1000L;

        // One that had to wait for messages being read is served after what else happened in its turn.
        bool atOnce =
            queue.Waiters.Count == 0 && (!queue.IsPartlyKnown || (WasAnsweredAtOnce && FitsNow(queue, model.Now)));
        bool isTooMuch = _wait > 0 && model.WaiterCount >= model.Options.MaxWaiters;

        // It would have had to wait for messages being read.
        bool isRefused = isTooMuch && queue.IsPartlyKnown && IsAnswered
            && (Answer.Error == BrokerError.TooManyWaiters || (_acknowledged is not null && IsEmpty));
        if (atOnce && !isRefused && TryServe(model, queue)) return;
        if (isTooMuch) ExpectError(BrokerError.TooManyWaiters);
        else if (_wait <= 0 && atOnce) ExpectEmpty();
        else
        {
            // A wait for reading goes on into the next millisecond.
            Due = model.Now + (_wait <= 0 && queue.IsPartlyKnown && !IsAnswered ? 1 : _wait);
            queue.Waiters.Add(this);
        }
    }

    /// <summary>Takes what the model has for it; answers false when that is nothing.</summary>
    public bool TryServe(NaiveBroker model, NaiveQueue queue)
    {
        // One of the same name may have been served while this one stood in line.
        if (TryRepeat(queue, model.Now)) return true;
        if (queue.Config.Paused) return false;
        int available = queue.Deliverable(model.Now).Count;
        int room = request.AcknowledgeOnReceipt ? int.MaxValue
            : model.Options.MaxInFlightPerQueue - queue.Messages.Count(message => message.HoldsLease(model.Now));
        if (room <= 0)
        {
            // Whether blocked groups count as something to be handed out is not promised.
            bool vague = queue.IsFifo && (available == 0 || queue.IsPartlyKnown);
            if (_wait > 0 || (vague ? !IsAnswered || Answer.Succeeded : available == 0)) return false;
            ExpectError(BrokerError.TooManyInFlight);
            return true;
        }

        if (available == 0) return false;
        if (queue.IsPartlyKnown && (!IsAnswered || IsEmpty))
        {
            ThrowUnless(
                queue.MayHide(model.Options.ReadAheadPerLane), $"{this} got nothing of {available} in {queue.Name}");
            return false;
        }

        ThrowUnless(IsAnswered, $"{this} was not answered, and {available} are available");
        ThrowUnlessSame(BrokerError.None, Answer.Error, ToString());
        ExpectAcknowledged();
        ThrowUnlessSame(queue.Config.Durability, Answer.Value.Durability, "durability");
        queue.HandOut(
            Seen, Math.Min(request.Max, room), model.Now, DeadlineIn(queue, model.Now), request.AcknowledgeOnReceipt);
        Remember(queue, model.Now);
        return true;
    }

    /// <summary>After the line was served: its time is over, or it did not want to wait.</summary>
    public bool EndIfOver(NaiveBroker model, NaiveQueue queue)
    {
        if (Due > model.Now) return false;
        if (queue.IsPartlyKnown && !IsAnswered && _delays++ < 3)
        {
            // Just when messages are being read: it is looked at again when they are known.
            Due = model.Now + 1;
            return false;
        }

        // Decided before other calls of the turn made room.
        if (queue.IsPartlyKnown && IsAnswered && Answer.Error == BrokerError.TooManyInFlight) return true;
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
        effects.MayRepeat |= request.AttemptId is not null;
        if (request.Acknowledge is { Count: > 0 } receipts) effects.Settled.Add((Settlement.Acknowledge, receipts));
    }

    public override string ToString() => $"receive from {name} max {request.Max} wait {request.WaitMilliseconds} "
        + $"visibility {request.VisibilityMilliseconds}{(request.AcknowledgeOnReceipt ? " auto" : "")}"
        + (request.AttemptId is { } attempt ? $" as {attempt}" : "")
        + (request.Acknowledge is { } receipts ? $" acknowledging {Reading.Show(receipts)}" : "");

    protected override string Describe(Result<ReceivedMessages> answer) =>
        answer.Succeeded ? string.Join(';', Seen) : $"{answer.Error}";

    private bool FitsNow(NaiveQueue queue, long now) => !Answer.Succeeded
        || queue.Deliverable(now).Select(static message => message.Sequence).ToHashSet()
            .IsSupersetOf(Seen.Select(static seen => seen.Sequence));

    private long DeadlineIn(NaiveQueue queue, long now) =>
        now + (request.VisibilityMilliseconds ?? queue.Config.VisibilityTimeoutSeconds * 1000L);

    /// <summary>The same name within five minutes: the same messages, as far as they are still leased, leased anew.
    /// </summary>
    private bool TryRepeat(NaiveQueue queue, long now)
    {
        if (request.AttemptId is not { } attempt || !queue.Attempts.TryGetValue(attempt, out var first)) return false;
        if (first.Time <= now - 300_000) return false;
        List<NaiveMessage> held = queue.Held(first.Receipts, now);
        if (held.Count == 0) return false;
        ThrowUnless(IsAnswered && Answer.Succeeded, $"{this} was not answered with what it got before");
        ExpectAcknowledged();
        ThrowUnless(
            Seen.Select(static seen => seen.Receipt).ToHashSet().SetEquals(
                held.Select(static message => message.Receipt!.Value))
            && Seen.Count == held.Count, $"{this} was not given again what it got before");
        foreach (Seen seen in Seen)
        {
            NaiveMessage message = queue.Expect(seen);
            ThrowUnlessSame(message.ReceiveCount, seen.ReceiveCount, $"receive count of {message}");
            ThrowUnlessSame(DeadlineIn(queue, now), seen.VisibleAt, $"deadline of {message}");
            message.VisibleAt = seen.VisibleAt;
        }

        return true;
    }

    private void Remember(NaiveQueue queue, long now)
    {
        if (request.AttemptId is { } attempt && !request.AcknowledgeOnReceipt)
            queue.Attempts[attempt] = (now, [.. Seen.Select(static seen => seen.Receipt)]);
    }

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
