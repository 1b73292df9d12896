using QueueService.Broker;
using QueueService.Broker.Operations;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using Operation = QueueService.Server.OpenApi.Operation;

namespace QueueService.Server.Operations;

internal static class ListOperations
{
    private static readonly string[] Parameters = ["status", "kind", "limit", "cursor"];

    private static readonly Operation Description = new(
        "listOperations", Tags.Operations, "List operations", "The newest first. Follow `nextCursor` for more.")
    {
        Parameters =
        [
            new("status", "OperationStatus", "Only operations in this state.", "running"),
            new("kind", "OperationKind", "Only operations of this kind.", "redrive"),
            Schemas.Limit, Schemas.Cursor,
        ],
        Replies =
        [
            new(200, "A page of operations.",
                Content.Json("OperationPage", $$"""{"items":[{{OperationJson.Example}}]}""")) { Headers = ["Link"] },
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", OperationRoutes.Operations, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        int status = RequestQuery.Choice(query[0], "status", OperationJson.Statuses, ref problem);
        int kind = RequestQuery.Choice(query[1], "kind", OperationJson.Kinds, ref problem);
        int limit = Pages.ReadLimit(query[2], ref problem);
        OperationId? before = Pages.ReadOperation(query[3], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<OperationPage> result = await host.Broker.ListOperations(
            query[0] is null ? null : (OperationStatus)status, query[1] is null ? null : (OperationKind)kind, before,
            limit);
        await (result.Succeeded ? Answer(http, result.Value) : result.Error.Write(http));
    }

    private static Task Answer(HttpContext http, OperationPage page)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        for (int i = 0; i < page.Operations.Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            OperationJson.Write(output, page.Operations[i]);
        }

        Pages.Close(http, output, page.Next is { } next ? Pages.BeforeOperation(next) : null);
        return http.Answer(200, Answers.Json, output);
    }
}
