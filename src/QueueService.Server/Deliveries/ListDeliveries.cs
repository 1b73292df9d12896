using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Broker.Topics.Filters;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Deliveries;

internal static class ListDeliveries
{
    private static readonly string[] Parameters = ["subscription", "status", "limit", "cursor"];

    private static readonly Operation Description = new(
        "listDeliveries", Tags.Deliveries, "List the deliveries of a webhook",
        "Those of which an attempt is kept, the one that was attempted last first; a subscription keeps its newest " +
        "10,000 attempts, for a week. With the status `pending`: all that wait or are being attempted, in the order " +
        "of the topic, also those that were never attempted. `subscription` is required.")
    {
        Parameters =
        [
            new("subscription", "String", "The topic and the subscription: `orders/billing`.", "orders/billing"),
            new("status", "DeliveryStatus", "Only deliveries that are there.", "failed"),
            Schemas.Limit, Schemas.Cursor,
        ],
        Replies =
        [
            new(200, "A page of deliveries.",
                Content.Json("DeliveryPage", $$"""{"items":[{{DeliveryJson.Example}}]}""")) { Headers = ["Link"] },
        ],
        Problems = [ProblemKind.SubscriptionNotFound, ProblemKind.NotWebhookSubscription],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", DeliveryRoutes.Deliveries, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        SubscriptionName name = ReadName(query[0], ref problem);
        int choice = RequestQuery.Choice(query[1], "status", Delivery.Statuses, ref problem);
        DeliveryStatus? status = query[1] is null ? null : (DeliveryStatus)choice;
        int limit = Pages.ReadLimit(query[2], ref problem);
        bool waiting = status == DeliveryStatus.Pending;
        long from = waiting ? Pages.ReadMessage(query[3], ref problem) : 0;
        long? before = waiting ? null : Pages.ReadAttempt(query[3], ref problem);
        QueueDescription? subscription = null;
        if (problem is null) (subscription, problem) = await DeliveryRoutes.FindWebhook(host, name);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        await (waiting
            ? AnswerWaiting(http, host, subscription!, new BrowseRequest { From = from, Limit = limit })
            : AnswerAttempted(http, new DeliveryHistory(host.Broker, name), status, (before, limit)));
    }

    private static SubscriptionName ReadName(ReadOnlyMemory<char>? value, ref Problem? problem)
    {
        string[] parts = value?.ToString().Split('/') ?? [];
        if (parts.Length == 2 && TopicName.TryParse(parts[0], out TopicName topic)
            && SubscriptionName.TryParse(topic, parts[1], out SubscriptionName name))
            return name;
        Problem.Blame(ref problem, "?subscription", "is required: a topic and its subscription, like orders/billing.");
        return default;
    }

    private static async Task AnswerAttempted(
        HttpContext http, DeliveryHistory history, DeliveryStatus? status, (long? Before, int Limit) page)
    {
        List<Delivery> found = [];
        while (found.Count <= page.Limit && await history.Next(page.Before) is { } deliveries)
            found.AddRange(deliveries.Where(delivery => status is null || delivery.Status == status));
        if (history.Error != BrokerError.None)
        {
            await history.Error.Write(http);
            return;
        }

        bool more = found.Count > page.Limit;
        if (more) found.RemoveRange(page.Limit, found.Count - page.Limit);
        await DeliveryJson.Answer(http, found, more ? Pages.BeforeAttempt(found[^1].Last!.Offset) : null);
    }

    private static async Task AnswerWaiting(
        HttpContext http, BrokerHost host, QueueDescription subscription, BrowseRequest request)
    {
        SubscriptionName name = SubscriptionName.At(subscription.Name);
        Result<ReceivedMessages> result = await host.Broker.Browse(subscription.Name, request);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        using ReceivedMessages messages = result.Value;
        HashSet<long> wanted = Wanted(messages, new DeliveryFilter(subscription.Config.Subscription!));
        Result<IReadOnlyList<DeliveryState>> states = await host.Broker.DeliveryStates(name, [.. wanted]);
        DeliveryHistory history = new(host.Broker, name);
        Dictionary<long, KeptAttempt> attempts = wanted.Count == 0 ? [] : await history.Find(wanted);
        if (!states.Succeeded || history.Error != BrokerError.None)
        {
            await (states.Succeeded ? history.Error : states.Error).Write(http);
            return;
        }

        List<Delivery> deliveries =
        [
            .. states.Value.Where(static state => state.State is not null).Select(
                state => new Delivery(name, state, attempts.GetValueOrDefault(state.Id.SequenceNumber))),
        ];
        await DeliveryJson.Answer(
            http, deliveries, messages.Next is { } next ? Pages.FromMessage(next) : null);
        await host.ReportDamage(messages);
    }

    /// <summary>What was not looked at yet may not match the filter.</summary>
    private static HashSet<long> Wanted(ReceivedMessages messages, DeliveryFilter filter)
    {
        HashSet<long> wanted = [];
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages.TryRead(i, out MessageView message)
                && (message.ReceiveCount > 0 || filter.Matches(in message)))
                wanted.Add(message.SequenceNumber);
        }

        return wanted;
    }
}
