using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Topics;

internal static class SeekSubscription
{
    private static readonly Operation Description = new(
        "seekSubscription", Tags.Subscriptions, "Start a subscription anew at another place",
        "`to` is `earliest` or `latest`; or `time` is an instant, and the subscription begins with what was " +
        "published then or later. What was acknowledged behind that place is delivered again, and what lies before " +
        "it is passed over. Or `snapshot` names one of the subscription (or of `subscription`, another one of the " +
        "topic that had no filter then): what was not acknowledged when it was taken and what was published since is " +
        "delivered again, nothing else. All receipts are worth nothing (410). Only what the topic still keeps can " +
        "come again; what it does not keep of a snapshot is counted in `missedTotal`.")
    {
        IsKeyed = true,
        Request = [Content.Json("SeekRequest", """{"time":"2026-11-21T10:00:00Z"}""")],
        RequestRequired = true,
        Replies = [new(204, "The subscription begins there.") { Headers = [Answers.DurabilityHeader] }],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.SubscriptionNotFound, ProblemKind.SnapshotNotFound,
            ProblemKind.SnapshotIsFiltered, ProblemKind.UnsupportedMediaType, ProblemKind.DiskFull,
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
        SeekPlace place = new(name);
        problem ??= await ReadPlace(http, host, place);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, $"{place}");
        Result<Durability> result = place.Snapshot is { } snapshot
            ? await host.Broker.Seek(name, snapshot, token)
            : await host.Broker.Seek(name, place.Time!.Value, token);
        IdempotencyKey.Tell(http, token);
        if (result.Succeeded) http.Promise(result.Value);
        await (result.Succeeded ? http.Answer(204) : result.Error.Write(http));
    }

    private static async ValueTask<Problem?> ReadPlace(HttpContext http, BrokerHost host, SeekPlace place)
    {
        Problem? problem = await JsonBody.Read(http, host, place, SeekPlace.Read);
        return problem
            ?? (place.Snapshot is null && place.Time is null ? Problem.Invalid("", SeekPlace.OneOfThree) : null);
    }
}
