using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

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

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("DELETE", TopicRoutes.Snapshot, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SnapshotName name = http.Snapshot(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        if (precondition.MustNotExist)
            Problem.Blame(ref problem, "If-None-Match", "cannot hold: only what exists can be deleted.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        BrokerError error = await host.Broker.DeleteSnapshot(name, precondition);
        if (error == BrokerError.None) http.Promise(Durability.Fsync);
        await (error == BrokerError.None ? http.Answer(204) : error.Write(http));
    }
}
