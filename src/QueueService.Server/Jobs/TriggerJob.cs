using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Jobs;

internal static class TriggerJob
{
    private static readonly Operation Description = new(
        "triggerJob", Tags.Jobs, "Run a job now", "Once, also when it is paused. Its schedule stays as it is.")
    {
        Replies = [new(202, "It is about to run.", Content.Json("Job", JobJson.Example))],
        Problems = [ProblemKind.JobNotFound, ProblemKind.JobRunning],
    };

    public static void Map(IEndpointRouteBuilder routes, JobHost jobs) => routes.MapOperation(
        "POST", JobRoutes.Job + "/trigger", (http, host) => Handle(http, host, jobs), Description);

    public static async Task Handle(HttpContext http, BrokerHost host, JobHost jobs)
    {
        (Job? job, Problem? problem) = await JobRoutes.Read(http, host);
        if (job is not null && !await jobs.TryTrigger(job)) problem = new Problem(ProblemKind.JobRunning);
        await (problem?.Write(http) ?? JobJson.Answer(http, 202, await jobs.Get(job!)));
    }
}
