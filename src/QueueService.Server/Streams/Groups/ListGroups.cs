using QueueService.Broker;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.Groups;

internal static class ListGroups
{
    private static readonly string[] Parameters = ["prefix", "limit", "cursor"];

    private static readonly Operation Description = new(
        "listGroups", Tags.Groups, "List the consumer groups of a stream",
        "In a stable order, without their members. Follow `nextCursor` for more.")
    {
        Parameters =
        [
            new("prefix", "String", "Only those whose name starts so.", "billing"), Schemas.Limit, Schemas.Cursor,
        ],
        Replies =
        [
            new(200, "A page of groups.", Content.Json("GroupPage", $$"""{"items":[{{GroupJson.Summary}}]}"""))
                { Headers = ["Link"] },
        ],
        Problems = [StreamProblems.StreamNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", GroupRoutes.Groups, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        StreamName stream = http.Stream(ref problem);
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        int limit = Pages.ReadLimit(query[1], ref problem);
        string? after = Pages.ReadName(query[2], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<GroupPage> result = await host.Broker.ListGroups(stream, query[0]?.ToString() ?? "", after, limit);
        await (result.Succeeded ? Answer(http, result.Value) : result.Error.Write(http));
    }

    private static Task Answer(HttpContext http, GroupPage page)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        for (int i = 0; i < page.Groups.Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            GroupJson.WriteSummary(output, page.Groups[i]);
            output.Raw("}"u8);
        }

        Pages.Close(http, output, page.Next is null ? null : Pages.AfterName(page.Next));
        return http.Answer(200, Answers.Json, output);
    }
}
