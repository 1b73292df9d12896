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

    public static string PathValue(this HttpContext http, string name) =>
        (string?)http.Request.RouteValues[name] ?? "";
}
