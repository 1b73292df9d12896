using QueueService.Broker;
using QueueService.Broker.Operations;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using LongOperation = QueueService.Broker.Operations.Operation;
using Operation = QueueService.Server.OpenApi.Operation;

namespace QueueService.Server.Operations;

internal static class CancelOperation
{
    private static readonly Operation Description = new(
        "cancelOperation", Tags.Operations, "Cancel an operation",
        "It ends at once. What it has done stays done; `result` says how much that is.")
    {
        Replies =
        [
            new(200, "The operation as it ended.", Content.Json("Operation", OperationJson.Example))
                { Headers = [Answers.DurabilityHeader, "Location"] },
        ],
        Problems = [ProblemKind.OperationNotFound, ProblemKind.OperationFinished],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("DELETE", OperationRoutes.Operation, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        RequestQuery.Read(http, [], ref problem);
        OperationId id = OperationRoutes.Id(http, ref problem);
        problem ??= await BodyProblems.Refuse(http, host.Bodies, "There is no body here.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<LongOperation> result = await host.Broker.CancelOperation(id);
        await (result.Succeeded ? OperationJson.Answer(http, 200, result.Value) : result.Error.Write(http));
    }
}
