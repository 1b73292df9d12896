using QueueService.Broker;
using QueueService.Broker.Operations;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using LongOperation = QueueService.Broker.Operations.Operation;
using Operation = QueueService.Server.OpenApi.Operation;

namespace QueueService.Server.Operations;

internal static class GetOperation
{
    private static readonly Operation Description = new(
        "getOperation", Tags.Operations, "Watch an operation",
        "How far it is, and how it ended. A finished operation is kept for 7 days, and as long as there are at most " +
        "1,000 in all.")
    {
        Replies = [new(200, "The operation.", Content.Json("Operation", OperationJson.Example))],
        Problems = [ProblemKind.OperationNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", OperationRoutes.Operation, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        RequestQuery.Read(http, [], ref problem);
        OperationId id = OperationRoutes.Id(http, ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<LongOperation> result = await host.Broker.GetOperation(id);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        JsonOutput output = JsonOutput.Rent();
        OperationJson.Write(output, result.Value);
        await http.Answer(200, Answers.Json, output);
    }
}
