using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics.Snapshots;

internal static class DeleteSnapshot
{
    private static readonly Operation Description = new(
        "deleteSnapshot", Tags.Subscriptions, "Delete a snapshot", "Nothing else changes.")
    {
        Parameters = [Schemas.IfMatch],
        Replies = [new(204, "The snapshot is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [ProblemKind.SubscriptionNotFound, ProblemKind.SnapshotNotFound, ProblemKind.PreconditionFailed],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "DELETE", TopicRoutes.Snapshot,
        static (http, host) => DeleteQueue.Handle(
            http, static (HttpContext http, ref Problem? problem) => http.Snapshot(ref problem),
            host.Broker.DeleteSnapshot),
        Description);
}
