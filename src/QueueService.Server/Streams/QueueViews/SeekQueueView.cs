using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.QueueViews;

internal static class SeekQueueView
{
    private const string OneOfBoth = "The body has one of time and to.";

    private static readonly FieldNames Fields = new("time", "to");

    /// <summary>In the order of <see cref="Times"/>.</summary>
    private static readonly string[] Ends = [SubscriptionConfig.Earliest, SubscriptionConfig.Latest];

    private static readonly long[] Times = [0, long.MaxValue];

    private static readonly Operation Description = new(
        "seekQueueView", Tags.QueueViews, "Start a queue view anew at another place",
        "`to` is `earliest` or `latest`; or `time` is an instant, and the view begins with what was appended then or " +
        "later. What was acknowledged behind that place is delivered again, and what lies before it is passed over: " +
        "`latest` empties the view. All receipts are worth nothing (410), and receives count from 1 again.")
    {
        IsKeyed = true,
        Request = [Content.Json("QueueViewSeek", """{"time":"2026-11-21T10:00:00Z"}""")],
        RequestRequired = true,
        Replies = [new(204, "The view begins there.") { Headers = [Answers.DurabilityHeader] }],
        Problems =
        [
            ProblemKind.MalformedJson, QueueViewProblems.NotFound, ProblemKind.UnsupportedMediaType,
            ProblemKind.UnsupportedContentEncoding, ProblemKind.RequestTooLarge, StreamProblems.TierUnavailable,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueViewRoutes.View + "/seek", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.QueueView(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        Place place = new();
        problem ??= await JsonBody.Read(http, host, place, ReadPlace);
        if (problem is null && place.Count != 1) problem = Problem.Invalid("", OneOfBoth);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, $"{place.Time}");
        Result<Durability> result = await host.Broker.Seek(name, place.Time, token);
        IdempotencyKey.Tell(http, token);
        if (result.Succeeded) http.Promise(result.Value);
        await (result.Succeeded ? http.Answer(204) : result.Error.Write(http));
    }

    private static Problem? ReadPlace(ref Utf8JsonReader json, Place place)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            if (field >= 0) place.Count++;
            if (field == 0 && JsonBody.Instant(ref json, "/time", ref problem) is { } time)
                place.Time = Math.Max(0, time);
            else if (field == 1 && JsonRequest.TryChoice(ref json, Ends, "/to", out int end, ref problem))
                place.Time = Times[end];
            json.TrySkip();
        }

        return problem;
    }

    private sealed class Place
    {
        /// <summary>Fields that name one.</summary>
        public int Count { get; set; }

        /// <summary>Unix milliseconds; 0 and the highest are the two ends.</summary>
        public long Time { get; set; }
    }
}
