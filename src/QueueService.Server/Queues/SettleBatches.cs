using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

/// <summary>Acknowledge, release and extend for many receipts at once: each has its own status.</summary>
internal static class SettleBatches
{
    private const string VisibleAt = ",\"visibleAt\":\"2026-11-21T10:01:00.000Z\"";

    private static readonly SettleShape Acknowledging = new(null, SecondsRequired: false, HasReceipts: true);
    private static readonly SettleShape Releasing = new("delaySeconds", SecondsRequired: false, HasReceipts: true);
    private static readonly SettleShape Extending =
        new("visibilityTimeoutSeconds", SecondsRequired: true, HasReceipts: true);

    private static readonly ProblemKind[] Problems =
    [
        ProblemKind.MalformedJson, ProblemKind.QueueNotFound, ProblemKind.RequestTooLarge,
        ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
    ];

    /// <param name="path">Of the queue, or of what is like one.</param>
    public static void Map(IEndpointRouteBuilder routes, string path, Func<Operation, Operation> describe)
    {
        Map("acknowledge", Settlement.Acknowledge, Acknowledging, new(
            "acknowledgeMessages", Tags.Receipts, "Acknowledge many messages", "Each receipt has its own status.")
        {
            Request = [Request("ReceiptBatch", "")],
            IsKeyed = true,
            RequestRequired = true,
            Replies = [Reply(204, "")],
            Problems = Problems,
        });
        Map("release", Settlement.Release, Releasing, new(
            "releaseMessages", Tags.Receipts, "Give many messages back",
            "They are available again after `delaySeconds`, or as the retryPolicy says. Each receipt has its own " +
            "status.")
        {
            Request = [Request("ReleaseBatch", ",\"delaySeconds\":10")],
            IsKeyed = true,
            RequestRequired = true,
            Replies = [Reply(204, VisibleAt)],
            Problems = Problems,
        });
        Map("extend", Settlement.Extend, Extending, new(
            "extendLeases", Tags.Receipts, "Extend many leases",
            "They now end after this many seconds, counted from now. Each receipt has its own status.")
        {
            Request = [Request("ExtendBatch", ",\"visibilityTimeoutSeconds\":60")],
            IsKeyed = true,
            RequestRequired = true,
            Replies = [Reply(200, VisibleAt)],
            Problems = Problems,
        });

        void Map(string verb, Settlement settlement, SettleShape shape, Operation operation) => routes.MapOperation(
            "POST", $"{path}/{verb}", (http, host) => Handle(http, host, settlement, shape), describe(operation));
    }

    public static async Task Handle(HttpContext http, BrokerHost host, Settlement settlement, SettleShape shape)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        SettleRequest request = new(shape);
        problem ??= await request.Read(http, host);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        List<ReceiptHandle> handles = request.Receipts.Handles;
        IdempotencyToken? token = key.ToToken(http, $"{request.Milliseconds}:{string.Join(',', handles)}");
        Result<SettleOutcome> result =
            await host.Broker.Settle(queue, settlement, handles, request.Milliseconds, token);
        IdempotencyKey.Tell(http, token);
        await (result.Succeeded ? Answer(http, settlement, request, result.Value) : result.Error.Write(http));
    }

    private static Task Answer(HttpContext http, Settlement settlement, SettleRequest request, SettleOutcome outcome)
    {
        http.Promise(outcome.Durability);
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"results\":"u8);
        request.Receipts.WriteResults(output, outcome.Errors, settlement == Settlement.Extend ? 200 : 204);
        if (settlement != Settlement.Acknowledge) output.Raw(",\"visibleAt\":"u8).Instant(outcome.VisibleAt);
        output.Raw("}"u8);
        return http.Answer(200, Answers.Json, output);
    }

    private static Content Request(string schema, string more) =>
        Content.Json(schema, $$"""{"receiptHandles":["{{ReceiptSchemas.ExampleHandle}}"]{{more}}}""");

    private static Reply Reply(int status, string more) => new(
        200, "The outcome of each receipt, in the order given.",
        Content.Json(
            "SettleResults",
            $$"""{"results":[{"receiptHandle":"{{ReceiptSchemas.ExampleHandle}}","status":{{status}}}]{{more}}}"""))
    {
        Headers = [Answers.DurabilityHeader],
    };
}
