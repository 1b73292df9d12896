using QueueService.Broker;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Topics.Snapshots;

internal static class GetSnapshot
{
    private static readonly Operation Description = new(
        "getSnapshot", Tags.Subscriptions, "Read when a snapshot was taken and how long it lives",
        "It does not change: the ETag tells it from another one that has its name later.")
    {
        Replies =
        [
            new(200, "The snapshot.", Content.Json("Snapshot", SnapshotJson.Example)) { Headers = ["ETag"] },
        ],
        Problems = [ProblemKind.SubscriptionNotFound, ProblemKind.SnapshotNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TopicRoutes.Snapshot, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SnapshotName name = http.Snapshot(ref problem);
        RequestQuery.Read(http, [], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<SubscriptionSnapshot> result = await host.Broker.GetSnapshot(name);
        await (result.Succeeded
            ? SnapshotJson.Answer(http, 200, name.Subscription, result.Value)
            : result.Error.Write(http));
    }
}
