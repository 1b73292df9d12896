using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Jobs;

internal static class TriggerJob
{
    private static readonly Operation Description = new(
        "triggerJob", Tags.Jobs, "Run a job now",
        "Once, also when it is paused. Its schedule stays as it is. Repeated with the same Idempotency-Key it runs " +
        "nothing and answers the job as it is then: the key is remembered before the run begins, so a crash in " +
        "between leaves the run to the schedule.")
    {
        IsKeyed = true,
        Replies = [new(202, "It is about to run.", Content.Json("Job", JobJson.Example))],
        Problems = [ProblemKind.JobNotFound, ProblemKind.JobRunning],
    };

    public static void Map(IEndpointRouteBuilder routes, JobHost jobs) => routes.MapOperation(
        "POST", JobRoutes.Job + "/trigger", (http, host) => Handle(http, host, jobs), Description);

    public static async Task Handle(HttpContext http, BrokerHost host, JobHost jobs)
    {
        (Job? job, IdempotencyToken? token, Problem? problem) = await JobRoutes.Read(http, host);
        if (job is not null) problem = await Trigger(host, jobs, job, token);
        IdempotencyKey.Tell(http, token);
        await (problem?.Write(http) ?? JobJson.Answer(http, 202, await jobs.Get(job!)));
    }

    /// <summary>A run leaves nothing in the log, so the key has a commit of its own, and before: of two requests at
    /// once only one triggers.</summary>
    private static async ValueTask<Problem?> Trigger(
        BrokerHost host, JobHost jobs, Job job, IdempotencyToken? token)
    {
        if (token is not null)
        {
            Result<byte[]?> earlier = await host.Broker.Recall(token);
            if (!earlier.Succeeded) return BrokerProblems.Of(earlier.Error);
            if (earlier.Value is not null) return null;
            if (jobs.IsRunning(job)) return new Problem(ProblemKind.JobRunning);
            Result<byte[]> remembered = await host.Broker.Remember(token, []);
            if (!remembered.Succeeded) return BrokerProblems.Of(remembered.Error);
            if (token.IsReplayed) return null;
        }

        return await jobs.TryTrigger(job) ? null : new Problem(ProblemKind.JobRunning);
    }
}
