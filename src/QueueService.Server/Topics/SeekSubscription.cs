using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Topics;

internal static class SeekSubscription
{
    private static readonly FieldNames Fields = new("time", "to");

    /// <summary>In the order of <see cref="Times"/>.</summary>
    private static readonly string[] Places = [SubscriptionConfig.Earliest, SubscriptionConfig.Latest];

    private static readonly long[] Times = [0, long.MaxValue];

    private static readonly Operation Description = new(
        "seekSubscription", Tags.Subscriptions, "Start a subscription anew at another place",
        "`to` is `earliest` or `latest`; or `time` is an instant, and the subscription begins with what was published then " +
        "or later. What was acknowledged behind that place is delivered again, what lies before it is passed over, and " +
        "all receipts are worth nothing (410). Only what the topic still keeps can come again.")
    {
        IsKeyed = true,
        Request = [Content.Json("SeekRequest", """{"time":"2026-11-21T10:00:00Z"}""")],
        RequestRequired = true,
        Replies = [new(204, "The subscription begins there.") { Headers = [Answers.DurabilityHeader] }],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.SubscriptionNotFound, ProblemKind.UnsupportedMediaType,
            ProblemKind.UnsupportedContentEncoding, ProblemKind.RequestTooLarge,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", TopicRoutes.Subscription + "/seek", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        List<long> times = [];
        problem ??= await ReadTime(http, host, times);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, $"{times[0]}");
        Result<Broker.Queues.Durability> result = await host.Broker.Seek(name, times[0], token);
        IdempotencyKey.Tell(http, token);
        if (result.Succeeded) http.Promise(result.Value);
        await (result.Succeeded ? http.Answer(204) : result.Error.Write(http));
    }

    private static async ValueTask<Problem?> ReadTime(HttpContext http, BrokerHost host, List<long> times)
    {
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        if (body.Problem is not null) return body.Problem;
        if (body.Span.IsEmpty) return Problem.Invalid("", OneOfBoth);
        return JsonRequest.CheckContentType(http) ?? JsonRequest.Parse(body.Span, times, ReadObject)
            ?? (times.Count == 1 ? null : Problem.Invalid("", OneOfBoth));
    }

    private const string OneOfBoth = "The body has either time or to.";

    private static Problem? ReadObject(ref Utf8JsonReader json, List<long> times)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            if (field == 1 && JsonRequest.TryChoice(ref json, Places, "/to", out int place, ref problem))
                times.Add(Times[place]);
            else if (field == 0 && JsonRequest.TryText(ref json, "/time", out string text, ref problem))
                ReadInstant(text, times, ref problem);
            json.TrySkip();
        }

        return problem;
    }

    private static void ReadInstant(string text, List<long> times, ref Problem? problem)
    {
        if (Rfc3339.TryParse(text, out long time)) times.Add(Math.Max(0, time));
        else Problem.Blame(ref problem, "/time", "must be an RFC 3339 instant like 2026-11-21T10:00:00Z.");
    }
}
