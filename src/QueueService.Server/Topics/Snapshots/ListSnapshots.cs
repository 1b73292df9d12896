using QueueService.Broker;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Topics.Snapshots;

internal static class ListSnapshots
{
    private static readonly string[] Names = ["prefix", "limit", "cursor"];

    private static readonly Operation Description = new(
        "listSnapshots", Tags.Subscriptions, "List the snapshots of a subscription",
        "In the order of their names. Follow `nextCursor` for more.")
    {
        Parameters =
        [
            new("prefix", "String", "Only those whose name starts so.", "before-"), Schemas.Limit, Schemas.Cursor,
        ],
        Replies =
        [
            new(200, "A page of snapshots.",
                Content.Json("SnapshotPage", $$"""{"items":[{{SnapshotJson.Example}}]}""")) { Headers = ["Link"] },
        ],
        Problems = [ProblemKind.SubscriptionNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TopicRoutes.Snapshots, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        QueryValues query = RequestQuery.Read(http, Names, ref problem);
        string prefix = query[0]?.ToString() ?? "";
        int limit = Pages.ReadLimit(query[1], ref problem);
        string? after = Pages.ReadName(query[2], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<IReadOnlyList<SubscriptionSnapshot>> result = await host.Broker.ListSnapshots(name);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        SubscriptionSnapshot[] found =
        [
            .. result.Value.Where(snapshot => snapshot.Name.StartsWith(prefix, StringComparison.Ordinal)
                && string.CompareOrdinal(snapshot.Name, after) > 0),
        ];
        await Answer(http, name, found.AsMemory(0, Math.Min(limit, found.Length)), found.Length > limit);
    }

    private static Task Answer(
        HttpContext http, SubscriptionName name, ReadOnlyMemory<SubscriptionSnapshot> page, bool hasMore)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        for (int i = 0; i < page.Length; i++)
        {
            if (i > 0) output.Raw(","u8);
            SnapshotJson.Write(output, name, page.Span[i]);
        }

        Pages.Close(http, output, hasMore ? Pages.AfterName(page.Span[^1].Name) : null);
        return http.Answer(200, Answers.Json, output);
    }
}
