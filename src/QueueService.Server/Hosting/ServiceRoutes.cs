using QueueService.Broker;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Service;

namespace QueueService.Server.Hosting;

/// <summary>Health and the pages that explain problems.</summary>
internal static class ServiceRoutes
{
    private static readonly Operation Live = new(
        "getLiveness", Tags.Service, "Is the process alive?", "Answers as long as the process can answer at all.")
    {
        Replies = [new(200, "It is.", Content.Json("Health", """{"status":"live"}"""))],
    };

    private static readonly Operation Ready = new(
        "getReadiness", Tags.Service, "Does the server take requests?",
        "503 with a problem that names the state while it starts, stops or has lost its journal. A full disk is " +
        "ready: messages can be received and acknowledged, which is the way out.")
    {
        Replies = [new(200, "It does.", Content.Json("Health", """{"status":"ready"}"""))],
        Problems = [ProblemKind.Starting],
    };

    private static readonly Operation Explain = new(
        "getProblem", Tags.Service, "Explain a problem",
        "The page that `type` of a problem points to: what happened, whether trying again helps, and what to do. " +
        "HTML for people, JSON when `Accept` asks for it.")
    {
        Replies =
        [
            new(200, "The explanation.",
                Content.Json("ProblemPage", ProblemPages.Example), new Content("text/html", "String", "<h1>…</h1>")),
        ],
        Problems = [ProblemKind.RouteNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "/health/live", (http, _) => Status(http, "live"u8), Live);
        Map(routes, "/health/ready", GetReadiness, Ready);
        Map(routes, "/problems/{code}", (http, _) => ProblemPages.Write(http), Explain);
        GetLimits.Map(routes);
        GetMetrics.Map(routes);
        FollowSystem.Map(routes);
    }

    private static void Map(
        IEndpointRouteBuilder routes, string path, OperationHandler handler, Operation description) =>
        routes.MapOperation("GET", path, (http, host) =>
        {
            Problem? problem = null;
            RequestQuery.Read(http, [], ref problem);
            return problem is null ? handler(http, host) : problem.Write(http);
        }, description);

    private static Task GetReadiness(HttpContext http, BrokerHost host) => host.Health switch
    {
        BrokerHealth.Ready => Status(http, "ready"u8),
        // Not taken out of service: acknowledging has to get through, it is what frees the disk.
        BrokerHealth.DiskFull => Status(http, "diskFull"u8),
        BrokerHealth.Draining => new Problem(ProblemKind.ShuttingDown).Write(http),
        null => new Problem(ProblemKind.Starting).Write(http),
        _ => BrokerError.StorageFailed.Write(http),
    };

    private static Task Status(HttpContext http, ReadOnlySpan<byte> status)
    {
        http.Response.Headers.CacheControl = "no-store";
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"status\":"u8).Text(status).Raw("}"u8);
        return http.Answer(200, Answers.Json, output);
    }
}
