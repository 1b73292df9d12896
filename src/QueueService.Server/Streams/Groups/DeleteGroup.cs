using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams.Groups;

internal static class DeleteGroup
{
    private static readonly Operation Description = new(
        "deleteGroup", Tags.Groups, "Delete a consumer group",
        "Forgets its offsets. Only a group without members can be deleted: a member would create it anew.")
    {
        Parameters = [Schemas.IfMatch],
        Replies = [new(204, "The group is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems =
        [
            StreamProblems.StreamNotFound, GroupProblems.GroupNotFound, GroupProblems.GroupHasMembers,
            ProblemKind.PreconditionFailed,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "DELETE", GroupRoutes.OneGroup,
        static (http, host) => DeleteQueue.Handle(
            http, static (HttpContext http, ref Problem? problem) => http.Group(ref problem), host.Broker.DeleteGroup),
        Description);
}
