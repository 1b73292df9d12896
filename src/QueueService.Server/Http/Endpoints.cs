using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Http;

internal delegate Task OperationHandler(HttpContext http, BrokerHost host);

/// <summary>Maps operations as plain request delegates: no binding, no filters, no services per request.</summary>
internal static class Endpoints
{
    public static void MapOperation(
        this IEndpointRouteBuilder routes, string method, string path, OperationHandler handler, Operation operation)
    {
        BrokerHost host = routes.ServiceProvider.GetRequiredService<BrokerHost>();
        RequestDelegate handle = http => handler(http, host);
        routes.MapMethods(path, [method], handle).WithMetadata(operation);
    }

    /// <summary>The queue that the path names.</summary>
    public static QueueName Queue(this HttpContext http, ref Problem? problem)
    {
        if (!QueueName.TryParse(http.PathValue("queue"), out QueueName name))
            Problem.Blame(ref problem, "queue", "in the path must be 1 to 128 of A-Z a-z 0-9 . _ -");
        return name;
    }

    public static string PathValue(this HttpContext http, string name) =>
        (string?)http.Request.RouteValues[name] ?? "";
}
