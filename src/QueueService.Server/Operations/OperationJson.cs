using QueueService.Broker;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;
using QueueService.Server.Http;
using LongOperation = QueueService.Broker.Operations.Operation;

namespace QueueService.Server.Operations;

/// <summary>A long operation as JSON.</summary>
internal static class OperationJson
{
    public const string Example = """
        {"id":"op-7","kind":"redrive","queue":"jobs-dead","status":"running","dryRun":false,"done":1500,"total":20000,
        "createdAt":"2026-11-21T10:00:00.000Z","startedAt":"2026-11-21T10:00:00.010Z",
        "result":{"affected":1400,"skipped":90,"failed":10,"failures":{"targetNotFound":10}}}
        """;

    public static readonly string[] Kinds = ["redrive", "purge", "import"];

    public static readonly string[] Statuses = ["queued", "running", "succeeded", "failed", "cancelled"];

    public static readonly string[] Failures = ["noSource", "targetNotFound", "tooLarge", "damaged", "invalidLine",
        "queueFull"];

    /// <summary>Answers with the operation and where it is to be watched.</summary>
    public static Task Answer(HttpContext http, int status, LongOperation operation)
    {
        http.Promise(Durability.Fsync);
        http.Response.Headers.Location = OperationRoutes.AddressOf(operation.Id);
        JsonOutput output = JsonOutput.Rent();
        Write(output, operation);
        return http.Answer(status, Answers.Json, output);
    }

    public static void Write(JsonOutput output, LongOperation operation)
    {
        output.Raw("{\"id\":"u8).Text(operation.Id.ToString())
            .Raw(",\"kind\":"u8).Text(Kinds[(int)operation.Kind])
            .Raw(",\"queue\":"u8).Text(operation.Queue.Value)
            .Raw(",\"status\":"u8).Text(Statuses[(int)operation.Status])
            .Raw(operation.DryRun ? ",\"dryRun\":true"u8 : ",\"dryRun\":false"u8)
            .Raw(",\"done\":"u8).Number(operation.Done)
            .Raw(",\"total\":"u8).Number(operation.Total)
            .Raw(",\"createdAt\":"u8).Instant(operation.CreatedAt);
        if (operation.StartedAt != 0) output.Raw(",\"startedAt\":"u8).Instant(operation.StartedAt);
        if (operation.FinishedAt != 0) output.Raw(",\"finishedAt\":"u8).Instant(operation.FinishedAt);
        WriteResult(output, operation);
        if (ProblemOf(operation.Problem) is { } kind)
        {
            output.Raw(",\"problem\":"u8);
            new Problem(kind).WriteJson(output);
        }

        output.Raw("}"u8);
    }

    private static void WriteResult(JsonOutput output, LongOperation operation)
    {
        output.Raw(",\"result\":{\"affected\":"u8).Number(operation.Affected)
            .Raw(",\"skipped\":"u8).Number(operation.Skipped)
            .Raw(",\"failed\":"u8).Number(operation.Failures.Values.Sum())
            .Raw(",\"failures\":{"u8);
        bool first = true;
        foreach ((MessageFailure reason, long count) in operation.Failures)
        {
            if (!first) output.Raw(","u8);
            output.Text(Failures[(int)reason]).Raw(":"u8).Number(count);
            first = false;
        }

        output.Raw("}}"u8);
    }

    private static ProblemKind? ProblemOf(OperationProblem problem) => problem switch
    {
        OperationProblem.QueueNotFound => ProblemKind.QueueNotFound,
        OperationProblem.TargetNotFound => ProblemKind.RedriveTargetNotFound,
        OperationProblem.Interrupted => ProblemKind.ImportInterrupted,
        _ => null,
    };
}
