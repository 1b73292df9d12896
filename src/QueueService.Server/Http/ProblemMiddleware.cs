using QueueService.Aws;
using QueueService.Server.Hosting;
using QueueService.Server.Streams;
using QueueService.Storage.Tiering;

namespace QueueService.Server.Http;

/// <summary>
/// The outermost step: gives a problem document, or AWS's form of one, to every failure that has no body yet (unknown
/// routes, 405, broken request framing, our own mistakes). A request that succeeds at once costs one call here.
/// </summary>
internal sealed class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (http.Response.StatusCode >= 400 && !http.Response.HasStarted && http.Response.ContentType is null)
                await Explain(http);
        }
        catch (BadHttpRequestException bad)
        {
            if (!http.Response.HasStarted) await Answer(http, Refusal(bad));
        }
        catch (IOException bad) when (bad.InnerException is OverflowException)
        {
            // What Kestrel throws for a chunk whose size does not fit.
            if (!http.Response.HasStarted) await Answer(http, new Problem(ProblemKind.MalformedRequest, bad.Message));
        }
        catch (ObjectStoreException)
        {
            // A local copy was damaged after it was checked; it is fetched anew.
            if (http.Response.HasStarted) http.Abort();
            else await Answer(http, new Problem(StreamProblems.TierUnavailable));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: there is nobody to answer.
        }
        catch (Exception mistake)
        {
            // One of the four roots: the request fails, the server goes on.
            if (http.RequestAborted.IsCancellationRequested && mistake is IOException) return;
            log.RequestFailed(http.Request.Method, http.Request.Path, mistake);
            if (http.Response.HasStarted) http.Abort();
            else await Answer(http, new Problem(ProblemKind.InternalError));
        }
    }

    /// <summary>Clients of AWS cannot read a problem document.</summary>
    private static Task Answer(HttpContext http, Problem problem) => AwsFailure.IsIn(http)
        ? AwsFailure.Write(http, problem.Kind.Status, problem.Detail)
        : problem.Write(http);

    private static Task Explain(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new Problem(
            ProblemKind.RouteNotFound, $"There is nothing at {http.Request.Path}.").Write(http),
        StatusCodes.Status405MethodNotAllowed => new Problem(
            ProblemKind.MethodNotAllowed,
            $"{http.Request.Method} is not allowed here. Allowed: {http.Response.Headers.Allow}.").Write(http),
        _ => Task.CompletedTask,
    };

    private static Problem Refusal(BadHttpRequestException bad) => bad.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => new Problem(ProblemKind.RequestTooLarge),
        StatusCodes.Status408RequestTimeout => new Problem(ProblemKind.RequestTimeout),
        _ => new Problem(ProblemKind.MalformedRequest, bad.Message),
    };
}
