using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

/// <summary>Pause and resume: the field `paused` as two verbs.</summary>
internal static class PauseQueue
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "pause", paused: true, new(
            "pauseQueue", Tags.Queues, "Stop handing out messages",
            "Receives get nothing until the queue is resumed. Sending goes on, and leases that exist can be settled.")
        {
            IsKeyed = true,
            Replies = [new(204, "The queue is paused.") { Headers = Schemas.DefinitionHeaders }],
            Problems = [ProblemKind.QueueNotFound, ProblemKind.DiskFull],
        });
        Map(routes, "resume", paused: false, new(
            "resumeQueue", Tags.Queues, "Hand out messages again", "Receives that wait are served at once.")
        {
            IsKeyed = true,
            Replies = [new(204, "The queue hands out messages.") { Headers = Schemas.DefinitionHeaders }],
            Problems = [ProblemKind.QueueNotFound, ProblemKind.DiskFull],
        });
    }

    public static async Task Handle(HttpContext http, BrokerHost host, bool paused)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        problem ??= await BodyProblems.Refuse(http, host.Bodies, "There is no body here.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, "");
        Result<string> etag = await host.Broker.Pause(queue, paused, token);
        IdempotencyKey.Tell(http, token);
        if (!etag.Succeeded)
        {
            await etag.Error.Write(http);
            return;
        }

        http.Promise(Durability.Fsync);
        http.Response.Headers.ETag = ETags.Quote(etag.Value);
        await http.Answer(204);
    }

    private static void Map(IEndpointRouteBuilder routes, string verb, bool paused, Operation description) =>
        routes.MapOperation(
            "POST", $"{QueueRoutes.Queue}/{verb}", (http, host) => Handle(http, host, paused), description);
}
