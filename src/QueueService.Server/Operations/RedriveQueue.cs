using System.Text;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.Jobs;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using LongOperation = QueueService.Broker.Operations.Operation;
using Operation = QueueService.Server.OpenApi.Operation;

namespace QueueService.Server.Operations;

internal static class RedriveQueue
{
    private static readonly Operation Description = new(
        "redriveQueue", Tags.Queues, "Move messages back from a dead-letter queue",
        "Every message that is in the queue now goes to the queue that it came from, or to `to`. It keeps its id, " +
        "attributes and time of sending, starts again with a receive count of 0, and its retention counts anew. " +
        "Leased and delayed messages stay. The operation goes on after a restart and moves nothing twice; with " +
        "`dryRun` it only counts. Everything that is given in `filter` must hold.")
    {
        Request =
        [
            Content.Json("RedriveRequest", """
                {"filter":{"attributes":{"tenant":["acme","umbrella"]},"reason":"maxReceiveCount"},"ratePerSecond":500}
                """),
        ],
        IsKeyed = true,
        Replies =
        [
            new(202, "It is queued.", Content.Json("Operation", OperationJson.Example))
                { Headers = [Answers.DurabilityHeader, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.QueueNotFound, ProblemKind.RedriveTargetNotFound,
            ProblemKind.TooManyOperations, ProblemKind.RequestTooLarge, ProblemKind.UnsupportedMediaType,
            ProblemKind.UnsupportedContentEncoding, ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes)
    {
        JobHost jobs = routes.ServiceProvider.GetRequiredService<JobHost>();
        routes.MapOperation(
            "POST", QueueRoutes.Queue + "/redrive", (http, host) => Handle(http, host, jobs), Description);
    }

    public static async Task Handle(HttpContext http, BrokerHost host, JobHost jobs)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        RedriveDraft draft = new();
        problem ??= await ReadBody(http, host, draft);
        if (problem is null && draft.To == queue.Value)
            Problem.Blame(ref problem, "/to", "must be another queue than the one that is redriven.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, draft.Text);
        Result<LongOperation> result = await host.Broker.Redrive(queue, draft.ToRequest(), draft.DryRun, token);
        IdempotencyKey.Tell(http, token);
        if (result.Succeeded) await jobs.Hasten(JobList.Operations);
        await (result.Succeeded ? OperationJson.Answer(http, 202, result.Value) : result.Error.Write(http));
    }

    private static async ValueTask<Problem?> ReadBody(HttpContext http, BrokerHost host, RedriveDraft draft)
    {
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        if (body.Error is not null || body.Span.IsEmpty) return body.Problem();
        draft.Text = Encoding.UTF8.GetString(body.Span);
        return JsonRequest.CheckContentType(http) ?? JsonRequest.Parse(body.Span, draft, RedriveReader.Read);
    }
}
