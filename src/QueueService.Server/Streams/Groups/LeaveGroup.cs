using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.Groups;

internal static class LeaveGroup
{
    private static readonly Operation Description = new(
        "leaveGroup", Tags.Groups, "Leave a consumer group",
        "The member's partitions go to the others at once. Whoever does not leave keeps them until its session ends.")
    {
        Replies = [new(204, "It is no member any more.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [StreamProblems.StreamNotFound, GroupProblems.GroupNotFound, GroupProblems.MemberNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("DELETE", GroupRoutes.OneMember, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        GroupName name = http.Group(ref problem);
        string member = http.Member(ref problem);
        RequestQuery.Read(http, [], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        BrokerError error = await host.Broker.LeaveGroup(name, member);
        if (error == BrokerError.None) http.Promise(Durability.Fsync);
        await (error == BrokerError.None ? http.Answer(204) : error.Write(http));
    }
}
