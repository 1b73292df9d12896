using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Broker.Topics.Filters;
using QueueService.Server.Deliveries;
using QueueService.Server.Hosting;

namespace QueueService.Server.Topics;

/// <summary>Which messages are delivered again. Either <see cref="Since"/> or <see cref="From"/>.</summary>
internal sealed class ReplayRequest
{
    /// <summary>Unix milliseconds, as <see cref="Until"/>.</summary>
    public long? Since { get; set; }

    public long? Until { get; set; }

    public TopicCursor? From { get; set; }

    public DeliveryStatus? Status { get; set; }
}

/// <summary>Reads a topic from a place on, and chooses what a subscription wants of it to be delivered again. Messages
/// that are published after its start are none of its business.</summary>
internal sealed class Replay(BrokerHost host, QueueDescription subscription, ReplayRequest request)
{
    /// <summary>Messages that one call has delivered again: some milliseconds of the broker's time.</summary>
    public const int MaxDeliveries = MessageBroker.MaxRedelivered;

    /// <summary>Messages that one call looks at, when few of them match: about a second.</summary>
    public const int MaxExamined = 100_000;

    private const int PageMessages = 500;

    private readonly SubscriptionName _name = SubscriptionName.At(subscription.Name);
    private readonly DeliveryFilter _filter = new(subscription.Config.Subscription!);
    private readonly long _until = request.Until ?? host.Time.GetUtcNow().ToUnixTimeMilliseconds() + 1;

    /// <summary>The messages to be delivered again, in the order in which they were found.</summary>
    public List<long> Chosen { get; } = [];

    public int Examined { get; private set; }

    /// <summary>Where to go on; null when the end was reached.</summary>
    public TopicCursor? Next { get; private set; }

    /// <summary>Reads and chooses; changes nothing.</summary>
    public async ValueTask<BrokerError> Choose(CancellationToken cancellation)
    {
        Result<TopicCursor> start =
            request.From is { } from ? from : await host.Broker.PlaceOf(_name.Topic, Math.Max(0, request.Since!.Value));
        if (!start.Succeeded) return start.Error;
        (Dictionary<long, KeptAttempt> attempts, BrokerError error) = await ReadAttempts();
        if (error != BrokerError.None) return error;
        Next = start.Value;
        while (Next is not null && Chosen.Count <= MaxDeliveries - PageMessages && Examined < MaxExamined)
        {
            error = await ChooseFromPage(attempts, cancellation);
            if (error != BrokerError.None) return error;
        }

        return BrokerError.None;
    }

    private async ValueTask<BrokerError> ChooseFromPage(
        Dictionary<long, KeptAttempt> attempts, CancellationToken cancellation)
    {
        Result<ReceivedMessages> page =
            await host.Broker.Read(_name.Topic, Next!, PageMessages, waitMilliseconds: 0, cancellation);
        if (!page.Succeeded) return page.Error;
        using ReceivedMessages messages = page.Value;
        List<long> matching = Match(messages, out bool reachedEnd);
        BrokerError error = await Add(matching, attempts);
        if (error != BrokerError.None) return error;
        Examined += messages.Count;
        Next = reachedEnd ? null : messages.NextCursor;
        await host.ReportDamage(messages);
        return BrokerError.None;
    }

    /// <param name="reachedEnd">There is nothing more, or nothing that was published in time: each lane is in the order
    /// of publishing, and a page has something of each.</param>
    private List<long> Match(ReceivedMessages messages, out bool reachedEnd)
    {
        List<long> matching = [];
        bool any = false;
        for (int i = 0; i < messages.Count; i++)
        {
            if (!messages.TryRead(i, out MessageView message) || message.SentAt >= _until) continue;
            any = true;
            if (_filter.Matches(in message)) matching.Add(message.SequenceNumber);
        }

        reachedEnd = !any && messages.Lost == 0;
        return matching;
    }

    private async ValueTask<BrokerError> Add(List<long> matching, Dictionary<long, KeptAttempt> attempts)
    {
        if (matching.Count > 0 && request.Status is { } status)
        {
            Result<IReadOnlyList<DeliveryState>> states = await host.Broker.DeliveryStates(_name, matching);
            if (!states.Succeeded) return states.Error;
            matching =
            [
                .. states.Value.Where(state => IsThere(state, status, attempts))
                    .Select(static state => state.Id.SequenceNumber),
            ];
        }

        Chosen.AddRange(matching);
        return BrokerError.None;
    }

    private bool IsThere(DeliveryState state, DeliveryStatus status, Dictionary<long, KeptAttempt> attempts)
    {
        KeptAttempt? last = attempts.GetValueOrDefault(state.Id.SequenceNumber);
        bool known = state.State is not null || last is not null;
        return known && new Delivery(_name, state, last).Status == status;
    }

    /// <summary>The newest attempt of each delivery, when they are asked about.</summary>
    private async ValueTask<(Dictionary<long, KeptAttempt> Attempts, BrokerError Error)> ReadAttempts()
    {
        Dictionary<long, KeptAttempt> newest = [];
        if (request.Status is null) return (newest, BrokerError.None);
        DeliveryHistory history = new(host.Broker, _name);
        while (await history.NextAttempts() is { } attempts)
        {
            // Their details are not needed, and may be many megabytes.
            foreach (KeptAttempt attempt in attempts)
                newest.Add(attempt.Delivery.SequenceNumber, attempt with { Details = default });
        }

        return (newest, history.Error);
    }
}
