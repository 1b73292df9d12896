using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace QueueService.Aws.Protocol;

/// <summary>Tells the protocols apart, and leads each request through the layers: authentication, parsing, the queue that
/// it is about, authorization, the action.</summary>
internal static class Endpoint
{
    public const string TargetHeader = "X-Amz-Target";
    public const string RequestIdHeader = "x-amzn-RequestId";

    public static Task Handle(HttpContext http, AwsHost host)
    {
        // A browser, and no client of these protocols: it gets the server's own answer.
        if (HttpMethods.IsGet(http.Request.Method) && http.Request is { Path.Value: "/", QueryString.HasValue: false })
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        StringValues target = http.Request.Headers[TargetHeader];
        return target.Count == 1 && HttpMethods.IsPost(http.Request.Method)
            ? JsonProtocol.Handle(http, host, target[0]!)
            : QueryProtocol.Handle(http, host);
    }

    /// <summary>What follows on parsing; answers why the request is refused.</summary>
    public static async ValueTask<AwsError?> Run(AwsCall call)
    {
        IQueueRequest? request = call.Input as IQueueRequest;
        if (request is not null && QueueAddresses.Find(call, request) is { } nowhere) return nowhere;
        bool isOpen = call.Host.Gate.IsOpen || call.Action.ChecksAccess;
        if (!isOpen && await call.Host.Gate.Authorize(call) is { } refused) return refused;
        AwsError? error = await call.Action.Run(call);
        return error is not null && request is not null ? await QueueAddresses.Explain(call, error) : error;
    }
}
