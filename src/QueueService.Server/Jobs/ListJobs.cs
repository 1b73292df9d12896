using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Jobs;

internal static class ListJobs
{
    private static readonly Operation Description = new(
        "listJobs", Tags.Jobs, "List the periodic jobs",
        "What the server does by itself, when each job ran last and with what outcome (since the server started), " +
        "and when it runs next.")
    {
        Replies = [new(200, "All jobs.", Content.Json("JobList", $$"""{"items":[{{JobJson.Example}}]}"""))],
    };

    public static void Map(IEndpointRouteBuilder routes, JobHost jobs) =>
        routes.MapOperation("GET", JobRoutes.Jobs, (http, _) => Handle(http, jobs), Description);

    public static async Task Handle(HttpContext http, JobHost jobs)
    {
        Problem? problem = null;
        RequestQuery.Read(http, [], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        List<JobState> states = await jobs.List();
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        for (int i = 0; i < states.Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            JobJson.Write(output, states[i]);
        }

        output.Raw("]}"u8);
        await http.Answer(200, Answers.Json, output);
    }
}
