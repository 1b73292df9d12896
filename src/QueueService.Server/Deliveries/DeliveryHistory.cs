using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Server.Deliveries;

/// <summary>Goes through the attempts of a subscription, the newest first, and meets each delivery at its newest
/// attempt. There is no index: a subscription keeps 10,000 attempts, and reading all of them takes some tens of
/// milliseconds.</summary>
internal sealed class DeliveryHistory(MessageBroker broker, SubscriptionName name)
{
    /// <summary>Attempts that are in memory at once: a few megabytes.</summary>
    private const int PageAttempts = 250;

    private readonly HashSet<long> _seen = [];
    private long? _before;
    private bool _ended;

    /// <summary>Why it ended, when that was not its end.</summary>
    public BrokerError Error { get; private set; }

    /// <summary>The newest attempts of deliveries that were not met before; null at the end.</summary>
    public async ValueTask<IReadOnlyList<KeptAttempt>?> NextAttempts()
    {
        if (_ended) return null;
        Result<AttemptPage> page = await broker.Attempts(name, _before, PageAttempts);
        if (!page.Succeeded)
        {
            (Error, _ended) = (page.Error, true);
            return null;
        }

        _before = page.Value.Next;
        _ended = _before is null;
        return [.. page.Value.Attempts.Where(attempt => _seen.Add(attempt.Delivery.SequenceNumber))];
    }

    /// <summary>The deliveries of which an attempt is kept, page by page; null at the end. Those whose newest attempt
    /// is at or above a place are passed over.</summary>
    public async ValueTask<IReadOnlyList<Delivery>?> Next(long? before = null)
    {
        if (await NextAttempts() is not { } attempts) return null;
        if (before is not null) attempts = [.. attempts.Where(attempt => attempt.Offset < before)];
        if (attempts.Count == 0) return [];
        Result<IReadOnlyList<DeliveryState>> states = await broker.DeliveryStates(
            name, [.. attempts.Select(static attempt => attempt.Delivery.SequenceNumber)]);
        if (states.Succeeded)
            return [.. attempts.Zip(states.Value, (last, state) => new Delivery(name, state, last))];
        (Error, _ended) = (states.Error, true);
        return null;
    }

    /// <summary>The newest attempts of some deliveries, by the messages' places.</summary>
    public async ValueTask<Dictionary<long, KeptAttempt>> Find(HashSet<long> wanted)
    {
        Dictionary<long, KeptAttempt> found = [];
        while (found.Count < wanted.Count && await NextAttempts() is { } attempts)
        {
            foreach (KeptAttempt attempt in attempts)
            {
                long place = attempt.Delivery.SequenceNumber;
                if (wanted.Contains(place)) found.Add(place, attempt);
            }
        }

        return found;
    }

    /// <summary>A delivery by its id; null when neither the subscription nor its attempts know it.</summary>
    public static async ValueTask<Result<Delivery?>> Find(MessageBroker broker, SubscriptionName name, MessageId id)
    {
        Result<IReadOnlyList<DeliveryState>> states = await broker.DeliveryStates(name, [id.SequenceNumber]);
        if (!states.Succeeded) return states.Error;
        DeliveryHistory history = new(broker, name);
        Dictionary<long, KeptAttempt> found = await history.Find([id.SequenceNumber]);
        if (history.Error != BrokerError.None) return history.Error;
        KeptAttempt? last = found.GetValueOrDefault(id.SequenceNumber);
        return last is null && states.Value[0].State is null
            ? (Delivery?)null
            : new Delivery(name, states.Value[0], last);
    }
}
