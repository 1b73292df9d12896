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

internal static class ReplaySubscription
{
    private static readonly FieldNames Fields = new("since", "until", "status", "cursor");

    private static readonly Operation Description = new(
        "replaySubscription", Tags.Subscriptions, "Deliver messages of a topic to a webhook again",
        "Those that were published since a time, and before `until` if it is given, and match the filter of the " +
        "subscription as it is now. With a `status`, only those whose delivery is known to be there. What waits or " +
        "is being attempted is delivered once. All that one call chooses is delivered again in one commit. It takes " +
        "at most 10,000 messages, and looks at 100,000: when there is more, send the same request with the " +
        "`nextCursor` of its answer as `cursor`, instead of `since`.")
    {
        IsKeyed = true,
        Request = [Content.Json("ReplayRequest", """{"since":"2026-11-21T10:00:00Z"}""")],
        RequestRequired = true,
        Replies =
        [
            new(202, "They wait for their turn.", Content.Json("Replay", """{"deliveries":17,"examined":20}"""))
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
        routes.MapOperation("POST", TopicRoutes.Subscription + "/replay", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        ReplayRequest request = new();
        IdempotencyToken? token = null;
        if (problem is null) (token, problem) = await JsonBody.ReadKeyed(http, host, request, ReadObject);
        if (problem is null && request.Since is null == request.From is null)
            Problem.Blame(ref problem, "", "The body has either since or cursor.");
        // What was chosen before is not searched for again.
        byte[]? rest = problem is null && token is not null ? (await host.Broker.Recall(token.OfNote)).Value : null;
        List<long> chosen = [];
        if (problem is null && rest is null) (rest, problem) = await Choose(http, host, (name, request), chosen);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        if (token is not null) token.Note = rest;
        Result<Redelivery> result = await host.Broker.Redeliver(name, chosen, token);
        IdempotencyKey.Tell(http, token);
        if (result.Succeeded) http.Promise(result.Value.Durability);
        await (result.Succeeded ? Answer(http, result.Value.Count, rest!) : result.Error.Write(http));
    }

    /// <summary>Chooses the messages; answers what is said about that beside their number.</summary>
    private static async ValueTask<(byte[]? Others, Problem? Problem)> Choose(
        HttpContext http, BrokerHost host, (SubscriptionName Name, ReplayRequest What) request, List<long> chosen)
    {
        (QueueDescription? subscription, Problem? problem) = await DeliveryRoutes.FindWebhook(host, request.Name);
        if (problem is not null) return (null, problem);
        Replay replay = new(host, subscription!, request.What);
        BrokerError error = await replay.Choose(http.RequestAborted);
        if (error != BrokerError.None) return (null, BrokerProblems.Of(error));
        chosen.AddRange(replay.Chosen);
        JsonOutput output = JsonOutput.Rent();
        output.Raw(",\"examined\":"u8).Number(replay.Examined);
        if (replay.Next is { } next) output.Raw(",\"nextCursor\":"u8).Text(next.ToString());
        output.Raw("}"u8);
        byte[] rest = output.Written.ToArray();
        output.Return();
        return (rest, null);
    }

    private static Task Answer(HttpContext http, int deliveries, ReadOnlySpan<byte> rest)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"deliveries\":"u8).Number(deliveries).Raw(rest);
        return http.Answer(202, Answers.Json, output);
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, ReplayRequest request)
    {
        Problem? problem = null;
        PolicyObject fields = new("", Fields);
        while (fields.Next(ref json, ref problem))
        {
            if (json.TokenType == JsonTokenType.Null) continue;
            switch (fields.Index)
            {
                case 0: request.Since = JsonBody.Instant(ref json, "/since", ref problem) ?? 0; break;
                case 1: request.Until = JsonBody.Instant(ref json, "/until", ref problem); break;
                case 2:
                    request.Status = (DeliveryStatus)fields.Choice(ref json, Delivery.Statuses, 0, ref problem);
                    break;
                default: ReadCursor(ref json, request, ref problem); break;
            }
        }

        return problem;
    }

    private static void ReadCursor(ref Utf8JsonReader json, ReplayRequest request, ref Problem? problem)
    {
        bool read = JsonRequest.TryText(ref json, "/cursor", out string text, ref problem);
        json.TrySkip();
        if (!read) return;
        if (TopicCursor.TryParse(text, out TopicCursor? cursor)) request.From = cursor;
        else Problem.Blame(ref problem, "/cursor", "is not a cursor of a replay: send nextCursor as it came.");
    }
}
