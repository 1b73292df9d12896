using QueueService.Broker.DurableStreams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.DurableStreams;

/// <summary>The open Durable Streams protocol: one address for each stream.</summary>
internal static class DurableStreamRoutes
{
    public const string Root = "/durable-streams/";

    private const string Stream = Root + "{**path}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "PUT", PutDurableStream.Handle, PutDurableStream.Description);
        Map(routes, "POST", AppendToDurableStream.Handle, AppendToDurableStream.Description);
        Map(routes, "GET", ReadDurableStream.Handle, ReadDurableStream.Description);
        Map(routes, "HEAD", GetDurableStream.Handle, GetDurableStream.Description);
        Map(routes, "DELETE", DeleteDurableStream.Handle, DeleteDurableStream.Description);
        BrokerHost host = routes.ServiceProvider.GetRequiredService<BrokerHost>();
        routes.MapMethods(Stream, ["OPTIONS"], http =>
        {
            CrossOrigin.Tell(http, host.Options.DurableStreams);
            return CrossOrigin.AnswerPreflight(http);
        });
    }

    /// <summary>The stream that the path names. A slash may be escaped: %2F is a slash.</summary>
    public static DurableStreamName DurableStream(this HttpContext http, ref Problem? problem)
    {
        string path = http.PathValue("path").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (!DurableStreamName.TryParse(path, out DurableStreamName name))
        {
            Problem.Blame(
                ref problem, "path",
                $"must be 1 to {DurableStreamLimits.PathLength} characters, none of them a control character.");
        }

        // An option that would change what a retry does must not be ignored.
        if (!HttpMethods.IsPost(http.Request.Method) && http.Request.Headers.ContainsKey(IdempotencyKey.Header))
            Problem.Blame(ref problem, IdempotencyKey.Header, "is not supported by this operation.");
        return name;
    }

    private static void Map(
        IEndpointRouteBuilder routes, string method, OperationHandler handler, Operation operation) =>
        routes.MapOperation(method, Stream, (http, host) =>
        {
            // A stream may hold anything, also a page with scripts: it must not act in this server's name.
            IHeaderDictionary headers = http.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
            CrossOrigin.Tell(http, host.Options.DurableStreams);
            return handler(http, host);
        }, operation);
}
