using QueueService.Broker;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.Groups;

internal static class GetGroup
{
    private static readonly Operation Description = new(
        "getGroup", Tags.Groups, "Read a consumer group",
        "Its settings, its members and what they own. `state` is `rebalancing` while some member has not given up " +
        "what goes to another. The ETag names the settings.")
    {
        Replies = [new(200, "The group.", Content.Json("Group", GroupJson.Example)) { Headers = ["ETag"] }],
        Problems = [StreamProblems.StreamNotFound, GroupProblems.GroupNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "GET", GroupRoutes.OneGroup,
        static (http, host) => Handle(http, host, static (http, group) => GroupJson.Answer(http, 200, group)),
        Description);

    /// <summary>Also for what is told of a group at another address.</summary>
    public static async Task Handle(
        HttpContext http, BrokerHost host, Func<HttpContext, GroupDescription, Task> answer)
    {
        Problem? problem = null;
        GroupName name = http.Group(ref problem);
        RequestQuery.Read(http, [], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<GroupDescription> result = await host.Broker.GetGroup(name);
        await (result.Succeeded ? answer(http, result.Value) : result.Error.Write(http));
    }
}
