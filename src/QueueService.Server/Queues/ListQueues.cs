using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class ListQueues
{
    private const string Tag = "tag";

    private static readonly string[] Parameters = ["prefix", "limit", "cursor", Tag];

    private static readonly Operation Description = new(
        "listQueues", Tags.Queues, "List queues", "In the order of their names. Follow `nextCursor` for more.")
    {
        Parameters =
        [
            new("prefix", "String", "Only queues whose name starts so.", "orders-"),
            new(Tag, "TagFilters", "Only queues with all these tags: `key:value`, or `key` for any value.",
                "[\"team:payments\"]"),
            Schemas.Limit, Schemas.Cursor,
        ],
        Replies =
        [
            new(200, "A page of queues.", Content.Json("QueuePage", $$"""{"items":[{{QueueJson.Example}}]}"""))
                { Headers = ["Link"] },
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", QueueRoutes.Queues, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem, repeatable: Tag);
        string prefix = query[0]?.ToString() ?? "";
        int limit = Pages.ReadLimit(query[1], ref problem);
        List<TagFilter> tags = TagsJson.ReadFilters(RequestQuery.ReadAll(http, Tag), ref problem);
        string? after = Pages.ReadName(query[2], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<QueuePage> result = await host.Broker.ListQueues(prefix, after, limit, tags);
        await (result.Succeeded ? Answer(http, result.Value) : result.Error.Write(http));
    }

    private static Task Answer(HttpContext http, QueuePage page)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        for (int i = 0; i < page.Queues.Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            QueueJson.Write(output, page.Queues[i]);
        }

        Pages.Close(http, output, page.Next is null ? null : Pages.AfterName(page.Next));
        return http.Answer(200, Answers.Json, output);
    }
}
