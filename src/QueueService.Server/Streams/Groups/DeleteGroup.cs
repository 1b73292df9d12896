using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

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
            ProblemKind.StreamNotFound, ProblemKind.GroupNotFound, ProblemKind.GroupHasMembers,
            ProblemKind.PreconditionFailed,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("DELETE", GroupRoutes.OneGroup, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        GroupName name = http.Group(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        if (precondition.MustNotExist)
            Problem.Blame(ref problem, "If-None-Match", "cannot hold: only what exists can be deleted.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        BrokerError error = await host.Broker.DeleteGroup(name, precondition);
        if (error == BrokerError.None) http.Promise(Durability.Fsync);
        await (error == BrokerError.None ? http.Answer(204) : error.Write(http));
    }
}
