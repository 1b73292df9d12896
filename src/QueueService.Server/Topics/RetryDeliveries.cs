using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Deliveries;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class RetryDeliveries
{
    public static readonly string[] Statuses = ["pending", "failed"];

    private static readonly FieldNames Fields = new("status", "since", "until");

    private static readonly Operation Description = new(
        "retryDeliveries", Tags.Subscriptions, "Attempt deliveries of a webhook again",
        "`failed` (the default): those that were given up begin anew. `pending`: those that wait for their next " +
        "attempt go on now. `since` and `until` bound the time of their last attempt. Chosen among those of which an " +
        "attempt is kept, the newest 10,000 attempts of a week; what is being attempted, and what the topic does not " +
        "keep any more, is left out.")
    {
        IsKeyed = true,
        Request = [Content.Json("RetryRequest", """{"status":"failed","since":"2026-11-21T10:00:00Z"}""")],
        Replies =
        [
            new(202, "They wait for their turn.", Content.Json("Redelivery", """{"deliveries":17}"""))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.SubscriptionNotFound, ProblemKind.NotWebhookSubscription,
            ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding, ProblemKind.RequestTooLarge,
            ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", TopicRoutes.Subscription + "/retry", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        Selection selection = new();
        IdempotencyToken? token = null;
        if (problem is null) (token, problem) = await JsonBody.ReadKeyed(http, host, selection, ReadObject);
        // What was retried before is not searched for again.
        bool known = token is not null && (await host.Broker.Recall(token)).Value is not null;
        if (problem is null && !known) (_, problem) = await DeliveryRoutes.FindWebhook(host, name);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        List<long> chosen = [];
        BrokerError error = known ? BrokerError.None : await Choose(new(host.Broker, name), selection, chosen);
        Result<Redelivery> result =
            error == BrokerError.None ? await host.Broker.Redeliver(name, chosen, token) : error;
        IdempotencyKey.Tell(http, token);
        if (result.Succeeded) http.Promise(result.Value.Durability);
        await (result.Succeeded ? AnswerCount(http, result.Value.Count) : result.Error.Write(http));
    }

    private static async ValueTask<BrokerError> Choose(
        DeliveryHistory history, Selection selection, List<long> chosen)
    {
        while (await history.Next() is { } deliveries)
            chosen.AddRange(deliveries.Where(selection.Matches).Select(static delivery => delivery.Id.SequenceNumber));
        return history.Error;
    }

    private static Task AnswerCount(HttpContext http, int deliveries)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"deliveries\":"u8).Number(deliveries).Raw("}"u8);
        return http.Answer(202, Answers.Json, output);
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, Selection selection)
    {
        Problem? problem = null;
        PolicyObject fields = new("", Fields);
        while (fields.Next(ref json, ref problem))
        {
            if (json.TokenType == JsonTokenType.Null) continue;
            switch (fields.Index)
            {
                case 0:
                    selection.Status = (DeliveryStatus)(fields.Choice(ref json, Statuses, 1, ref problem) + 1);
                    break;
                case 1: selection.Since = JsonBody.Instant(ref json, "/since", ref problem) ?? 0; break;
                default: selection.Until = JsonBody.Instant(ref json, "/until", ref problem) ?? 0; break;
            }
        }

        if (problem is null && selection.Until <= selection.Since)
            Problem.Blame(ref problem, "/until", "must be after since.");
        return problem;
    }

    private sealed class Selection
    {
        public DeliveryStatus Status { get; set; } = DeliveryStatus.Failed;

        public long Since { get; set; } = long.MinValue;

        public long Until { get; set; } = long.MaxValue;

        public bool Matches(Delivery delivery) =>
            delivery.Status == Status && delivery.State.State != MessageState.Leased && delivery.State.IsKept &&
            delivery.LastDetails!.StartedAt >= Since && delivery.LastDetails!.StartedAt < Until;
    }
}
