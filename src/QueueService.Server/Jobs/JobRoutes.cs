using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Jobs;

/// <summary>The addresses of the jobs, one slice each.</summary>
internal static class JobRoutes
{
    public const string Jobs = "/v1/jobs";
    public const string Job = Jobs + "/{job}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        JobHost jobs = routes.ServiceProvider.GetRequiredService<JobHost>();
        ListJobs.Map(routes, jobs);
        TriggerJob.Map(routes, jobs);
        PauseJob.Map(routes, jobs);
    }

    /// <summary>The job that the path names, when the request is nothing but its address.</summary>
    public static async ValueTask<(Job? Job, Problem? Problem)> Read(HttpContext http, Hosting.BrokerHost host)
    {
        Problem? problem = null;
        RequestQuery.Read(http, [], ref problem);
        problem ??= await RequestBody.Refuse(http, host.Bodies, "There is no body here.");
        if (problem is not null) return (null, problem);
        return JobList.Find(http.PathValue("job")) is { } job
            ? (job, null)
            : (null, new Problem(ProblemKind.JobNotFound));
    }
}
