using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Service;

internal static class GetLimits
{
    private const string Example = """
        {"limits":[{"name":"waiters","value":20000,"unit":"receives","bounds":"Receives that wait at once.",
        "past":"429 too-many-waiters: Too many receives are waiting.","setting":"Limits:MaxWaiters"}]}
        """;

    private static readonly Operation Description = new(
        "getLimits", Tags.Service, "List all limits",
        "Every bound of the service: what it bounds, and what happens past it. Those with a `setting` are changed in " +
        "the configuration.")
    {
        Replies = [new(200, "The limits.", Content.Json("ServiceLimits", Example))],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", "/v1/limits", Handle, Description);

    public static Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        RequestQuery.Read(http, [], ref problem);
        if (problem is not null) return problem.Write(http);
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"limits\":["u8);
        bool first = true;
        foreach (Limit limit in LimitList.Of(host.Options.Limits))
        {
            if (!first) output.Raw(","u8);
            Write(output, limit);
            first = false;
        }

        output.Raw("]}"u8);
        return http.Answer(200, Answers.Json, output);
    }

    private static void Write(JsonOutput output, Limit limit)
    {
        ProblemKind problem = limit.Problem;
        output.Raw("{\"name\":"u8).Text(limit.Name)
            .Raw(",\"value\":"u8).Number(limit.Value)
            .Raw(",\"unit\":"u8).Text(limit.Unit)
            .Raw(",\"bounds\":"u8).Text(limit.Bounds)
            .Raw(",\"past\":"u8).Text(limit.Instead ?? $"{problem.Status} {problem.Code}: {problem.Title}.");
        if (limit.Setting is not null) output.Raw(",\"setting\":"u8).Text(limit.Setting);
        output.Raw("}"u8);
    }
}
