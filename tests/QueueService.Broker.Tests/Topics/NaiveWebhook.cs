using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Topics;

/// <summary>An attempt as whoever makes it knows it.</summary>
internal sealed record NaiveAttempt(int Message, ReceiptHandle Receipt, int Number, long Until);

/// <summary>What the simplest thing that could be right says about one subscription that hands its messages on: a list
/// with what became of every message.</summary>
/// <param name="deadAfter">Failed attempts that take a message to the dead-letter queue; null without one.</param>
internal sealed class NaiveWebhook(string name, bool ordered, int? deadAfter)
{
    public const int GivenUpAfter = 4;

    /// <summary>Shorter than in the product, so that it happens.</summary>
    public const long MaxFailingMilliseconds = 180_000;

    private readonly List<NaiveDelivery> _deliveries = [];

    public string Name => name;

    public bool IsOrdered => ordered;

    public bool IsPaused { get; set; }

    public string? DisabledReason { get; private set; }

    public long FailingSince { get; private set; }

    public int Abandoned { get; private set; }

    /// <summary>Every report, in order.</summary>
    public List<(int Message, int Number, DeliveryResult Result)> Reports { get; } = [];

    /// <summary>Attempts that have not reported, also those whose lease has ended.</summary>
    public List<NaiveAttempt> Open { get; } = [];

    public IReadOnlyList<NaiveDelivery> Deliveries => _deliveries;

    public void Publish(string? group) => _deliveries.Add(new NaiveDelivery(_deliveries.Count, group));

    /// <summary>What an attempt may begin with now.</summary>
    public List<NaiveDelivery> Available(long now)
    {
        PassTime(now);
        return IsPaused || DisabledReason is not null
            ? []
            : [.. _deliveries.Where(delivery => delivery.State == NaiveState.Waiting && delivery.Due <= now)];
    }

    public void Begin(int message, ReceiptHandle receipt, long until)
    {
        NaiveDelivery delivery = _deliveries[message];
        delivery.Count++;
        (delivery.State, delivery.Until) = (NaiveState.InAttempt, until);
        Open.Add(new NaiveAttempt(message, receipt, delivery.Count, until));
    }

    /// <summary>The result that an attempt of this number has when it fails.</summary>
    public DeliveryResult Failed(int number) =>
        number >= (deadAfter ?? GivenUpAfter) ? DeliveryResult.Exhausted : DeliveryResult.Retry;

    public DeliveryOutcome Report(NaiveAttempt attempt, DeliveryResult result, long delay, long now)
    {
        PassTime(now);
        Open.Remove(attempt);
        Reports.Add((attempt.Message, attempt.Number, result));
        bool holds = Holds(attempt);
        if (holds) Settle(_deliveries[attempt.Message], result, delay, now);
        if (result == DeliveryResult.Delivered) FailingSince = 0;
        else if (FailingSince == 0) FailingSince = now;
        string? disabled = result == DeliveryResult.Gone ? "gone"
            : result != DeliveryResult.Delivered && now - FailingSince >= MaxFailingMilliseconds ? "failing" : null;
        if (DisabledReason is not null) disabled = null;
        DisabledReason ??= disabled;
        return new DeliveryOutcome(holds ? BrokerError.None : BrokerError.ReceiptExpired, disabled);
    }

    /// <summary>The attempt was not made: its number is free again.</summary>
    public void GiveBack(NaiveAttempt attempt, long delay, long now)
    {
        PassTime(now);
        Open.Remove(attempt);
        if (!Holds(attempt)) return;
        NaiveDelivery delivery = _deliveries[attempt.Message];
        delivery.Count--;
        (delivery.State, delivery.Due) = (NaiveState.Waiting, now + delay);
    }

    public void Resume()
    {
        if (DisabledReason is not null) FailingSince = 0;
        (IsPaused, DisabledReason) = (false, null);
    }

    /// <summary>A new process gives back what the one before had begun: nobody knows what came of it.</summary>
    public void ReleaseAll(long now)
    {
        PassTime(now);
        foreach (NaiveDelivery delivery in _deliveries.Where(static one => one.State == NaiveState.InAttempt))
            Release(delivery, now);
    }

    /// <summary>Answers whether there is something to deliver again, or now.</summary>
    public bool Redeliver(int message, long now)
    {
        PassTime(now);
        NaiveDelivery delivery = _deliveries[message];
        if (delivery.State == NaiveState.InAttempt || (delivery.State == NaiveState.Waiting && delivery.Due <= now))
            return false;
        if (delivery.State != NaiveState.Waiting)
        {
            // It begins anew, and so do its numbers.
            delivery.Count = 0;
            Open.RemoveAll(attempt => attempt.Message == message);
        }

        (delivery.State, delivery.Due) = (NaiveState.Waiting, now);
        return true;
    }

    public void PassTime(long now)
    {
        foreach (NaiveDelivery delivery in _deliveries)
            if (delivery.State == NaiveState.InAttempt && delivery.Until <= now) Release(delivery, delivery.Until);
    }

    private bool Holds(NaiveAttempt attempt) =>
        _deliveries[attempt.Message] is { State: NaiveState.InAttempt } delivery && delivery.Count == attempt.Number;

    private void Settle(NaiveDelivery delivery, DeliveryResult result, long delay, long now)
    {
        if (result == DeliveryResult.Delivered)
        {
            delivery.State = NaiveState.Delivered;
        }
        else if (result == DeliveryResult.Exhausted && deadAfter is null)
        {
            delivery.State = NaiveState.Abandoned;
            Abandoned++;
        }
        else
        {
            Release(delivery, result == DeliveryResult.Retry ? now + delay : now);
        }
    }

    private void Release(NaiveDelivery delivery, long due) => (delivery.State, delivery.Due) =
        (delivery.Count >= deadAfter ? NaiveState.Dead : NaiveState.Waiting, due);
}

internal enum NaiveState
{
    Waiting,
    InAttempt,
    Delivered,

    /// <summary>In the dead-letter queue, or on its way there.</summary>
    Dead,

    /// <summary>Given up without one.</summary>
    Abandoned,
}

internal sealed record NaiveDelivery(int Message, string? Group)
{
    public NaiveState State { get; set; }

    /// <summary>When it waits: until when.</summary>
    public long Due { get; set; }

    /// <summary>In an attempt: until when it may report.</summary>
    public long Until { get; set; }

    /// <summary>Attempts that began.</summary>
    public int Count { get; set; }

    public bool IsOver => State is NaiveState.Delivered or NaiveState.Dead or NaiveState.Abandoned;
}
