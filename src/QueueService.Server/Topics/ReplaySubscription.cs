using System.Text.Json;
using QueueService.Broker;
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
        "subscription as it is now. With a `status`, only those whose delivery is known to be there. What waits or is " +
        "being attempted is delivered once. One call takes at most 10,000 messages, and looks at 100,000: when there is " +
        "more, send the same request with the `nextCursor` of its answer as `cursor`, instead of `since`.")
    {
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
        RequestQuery.Read(http, [], ref problem);
        ReplayRequest request = new();
        problem ??= await JsonBody.Read(http, host, request, ReadObject);
        if (problem is null && request.Since is null == request.From is null)
            Problem.Blame(ref problem, "", "The body has either since or cursor.");
        QueueDescription? subscription = null;
        if (problem is null) (subscription, problem) = await DeliveryRoutes.FindWebhook(host, name);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Replay replay = new(host, subscription!, request);
        BrokerError error = await replay.Run(http.RequestAborted);
        if (error != BrokerError.None)
        {
            await error.Write(http);
            return;
        }

        http.Promise(subscription!.Config.Durability);
        await Answer(http, replay);
    }

    private static Task Answer(HttpContext http, Replay replay)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"deliveries\":"u8).Number(replay.Redelivered).Raw(",\"examined\":"u8).Number(replay.Examined);
        if (replay.Next is { } next) output.Raw(",\"nextCursor\":"u8).Text(next.ToString());
        output.Raw("}"u8);
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
