using QueueService.Broker.Idempotency;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

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

    /// <summary>The job that the path names, when the request is nothing but its address and perhaps a key.</summary>
    public static async ValueTask<JobRequest> Read(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        problem ??= await BodyProblems.Refuse(http, host.Bodies, "There is no body here.");
        if (problem is not null) return new JobRequest(null, null, problem);
        return JobList.Find(http.PathValue("job")) is { } job
            ? new JobRequest(job, key.ToToken(http, ""), null)
            : new JobRequest(null, null, new Problem(ProblemKind.JobNotFound));
    }
}

/// <summary>What was asked for: either a job, or a problem.</summary>
internal readonly record struct JobRequest(Job? Job, IdempotencyToken? Token, Problem? Problem);
