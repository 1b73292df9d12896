using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using LongOperation = QueueService.Broker.Operations.Operation;
using Operation = QueueService.Server.OpenApi.Operation;

namespace QueueService.Server.Operations;

internal static class PurgeQueue
{
    private static readonly Operation Description = new(
        "purgeQueue", Tags.Queues, "Delete all messages",
        "All messages are gone in one commit, leased ones too, when this is answered; receipts of before answer 410 " +
        "afterwards. The operation says how many they were.")
    {
        IsKeyed = true,
        Replies =
        [
            new(202, "The queue is empty.", Content.Json("Operation", """
                {"id":"op-8","kind":"purge","queue":"jobs","status":"succeeded","dryRun":false,"done":3,"total":3,
                "createdAt":"2026-11-21T10:00:00.000Z","startedAt":"2026-11-21T10:00:00.000Z",
                "finishedAt":"2026-11-21T10:00:00.000Z",
                "result":{"affected":3,"skipped":0,"failed":0,"failures":{}}}
                """)) { Headers = [Answers.DurabilityHeader, "Location"] },
        ],
        Problems = [ProblemKind.QueueNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Queue + "/purge", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        problem ??= await BodyProblems.Refuse(http, host.Bodies, "Purge takes no body.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, "");
        Result<LongOperation> result = await host.Broker.Purge(queue, token);
        IdempotencyKey.Tell(http, token);
        await (result.Succeeded ? OperationJson.Answer(http, 202, result.Value) : result.Error.Write(http));
    }
}
