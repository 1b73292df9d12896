using Microsoft.AspNetCore.Http;

namespace QueueService.Aws.Protocol;

/// <summary>Tells the protocols apart, and leads each request through the layers: authentication, parsing, the queue
/// that it is about, authorization, the action.</summary>
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

        return IsJson(http)
            ? JsonProtocol.Handle(http, host, http.Request.Headers[TargetHeader]!)
            : QueryProtocol.Handle(http, host);
    }

    /// <summary>Else it is a query.</summary>
    public static bool IsJson(HttpContext http) =>
        http.Request.Headers[TargetHeader].Count == 1 && HttpMethods.IsPost(http.Request.Method);

    /// <summary>What follows on parsing; answers why the request is refused.</summary>
    public static async ValueTask<AwsError?> Run(AwsCall call)
    {
        IQueueRequest? request = call.Input as IQueueRequest;
        if (request is not null && QueueAddresses.Find(call, request) is { } nowhere) return nowhere;
        bool isOpen = call.Host.Gate.IsOpen || call.Action.ChecksAccess;
        if (!isOpen && await call.Host.Gate.Authorize(call) is { } refused) return refused;
        AwsError? error = await call.Action.Run(call);
        if (error is { Kind.IsSender: false }) call.Host.ReportFailure();
        return error is not null && request is not null ? await QueueAddresses.Explain(call, error) : error;
    }
}
