using QueueService.Broker.Operations;
using QueueService.Server.Http;

namespace QueueService.Server.Operations;

/// <summary>The addresses of long work, one slice each.</summary>
internal static class OperationRoutes
{
    public const string Operations = "/v1/operations";
    public const string Operation = Operations + "/{operation}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        RedriveQueue.Map(routes);
        PurgeQueue.Map(routes);
        ExportMessages.Map(routes);
        ImportMessages.Map(routes);
        ListOperations.Map(routes);
        GetOperation.Map(routes);
        CancelOperation.Map(routes);
    }

    public static string AddressOf(OperationId id) => $"{Operations}/{id}";

    /// <summary>The operation that the path names. What is no id names no operation.</summary>
    public static OperationId Id(HttpContext http, ref Problem? problem)
    {
        if (!OperationId.TryParse(http.PathValue("operation"), out OperationId id))
            problem ??= new Problem(ProblemKind.OperationNotFound);
        return id;
    }
}
