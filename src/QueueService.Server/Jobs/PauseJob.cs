using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Jobs;

/// <summary>Pause and resume.</summary>
internal static class PauseJob
{
    private const string AsItIs =
        "Repeated with the same Idempotency-Key it changes nothing and answers the job as it is then.";

    public static void Map(IEndpointRouteBuilder routes, JobHost jobs)
    {
        Map(routes, jobs, "pause", paused: true, new(
            "pauseJob", Tags.Jobs, "Stop running a job",
            "A run that has begun ends. The job stays paused until it is resumed, also when the server is restarted. " +
            AsItIs)
        {
            IsKeyed = true,
            Replies = [Reply("It is paused.")],
            Problems = [ProblemKind.JobNotFound],
        });
        Map(routes, jobs, "resume", paused: false, new(
            "resumeJob", Tags.Jobs, "Run a job again", "By its schedule; runs that were missed are not made up for. " +
                AsItIs)
        {
            IsKeyed = true,
            Replies = [Reply("It runs by its schedule.")],
            Problems = [ProblemKind.JobNotFound],
        });
    }

    public static async Task Handle(HttpContext http, BrokerHost host, JobHost jobs, bool paused)
    {
        (Job? job, IdempotencyToken? token, Problem? problem) = await JobRoutes.Read(http, host);
        if (job is null)
        {
            await problem!.Write(http);
            return;
        }

        BrokerError error = await jobs.Pause(job, paused, token);
        IdempotencyKey.Tell(http, token);
        if (error == BrokerError.None) http.Promise(Durability.Fsync);
        await (error == BrokerError.None ? JobJson.Answer(http, 200, await jobs.Get(job)) : error.Write(http));
    }

    private static Reply Reply(string description) =>
        new(200, description, Content.Json("Job", JobJson.Example)) { Headers = [Answers.DurabilityHeader] };

    private static void Map(
        IEndpointRouteBuilder routes, JobHost jobs, string verb, bool paused, Operation description) =>
        routes.MapOperation(
            "POST", $"{JobRoutes.Job}/{verb}", (http, host) => Handle(http, host, jobs, paused), description);
}
