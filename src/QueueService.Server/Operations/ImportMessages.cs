using Microsoft.AspNetCore.Http.Features;
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

internal static class ImportMessages
{
    private const string LineExample = """
        {"body":"hello","attributes":{"tenant":"acme"},"sentAt":"2026-11-21T10:00:00.000Z"}
        {"bodyBase64":"AAEC","contentType":"application/octet-stream"}
        """;

    private static readonly string[] Parameters = ["dryRun"];
    private static readonly string[] Choices = ["false", "true"];

    private static readonly Operation Description = new(
        "importMessages", Tags.Messages, "Import messages",
        "NDJSON in the form of an export, of up to 1 GiB, taken in while it arrives. Messages get new ids, keep " +
        "their attributes and `sentAt` when it is given, are available at once, and their retention counts from now. " +
        "The other fields of an export (`id`, `state`, `receiveCount`, …) are read over. A line that is not a " +
        "message is left out and reported. The import is an operation: it can be watched and cancelled; when the " +
        "connection or the server fails, its `done` says how many lines were dealt with, so send the rest again. " +
        "Repeated with the same Idempotency-Key and the same body it imports nothing: it answers how the import " +
        "ended, also one that was interrupted (for that one the body is not compared).")
    {
        IsKeyed = true,
        Parameters = [new("dryRun", "Boolean", "Only check the lines.", "false")],
        Request = [new(ContentTypes.Lines, "Lines", LineExample)],
        RequestRequired = true,
        Replies =
        [
            new(200, "The operation as it ended, and what is wrong with the first 100 bad lines.",
                Content.Json("Import", """
                {"operation":{"id":"op-9","kind":"import","queue":"jobs","status":"succeeded","dryRun":false,"done":2,
                "total":2,"createdAt":"2026-11-21T10:00:00.000Z","startedAt":"2026-11-21T10:00:00.000Z",
                "finishedAt":"2026-11-21T10:00:01.000Z",
                "result":{"affected":2,"skipped":0,"failed":0,"failures":{}}},"errors":[]}
                """)) { Headers = [Answers.DurabilityHeader, "Location"] },
        ],
        Problems =
        [
            ProblemKind.QueueNotFound, ProblemKind.TooManyOperations, ProblemKind.RequestTooLarge,
            ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding, ProblemKind.DiskFull,
            ProblemKind.IdempotencyKeyInUse,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Queue + "/import", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        QueryValues query = RequestQuery.ReadKeyed(http, Parameters, ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        bool dryRun = RequestQuery.Choice(query[0], "dryRun", Choices, ref problem) == 1;
        problem ??= CheckRequest(http);
        if (problem is null && !host.Bodies.TryEnter(Limits.RequestBytes))
            problem = new Problem(ProblemKind.Overloaded);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        try
        {
            // The body is not known yet: its digest is kept when it has ended.
            IdempotencyToken? token = key.ToToken(http, $"dryRun={dryRun}");
            Result<LongOperation> begun = await host.Broker.BeginImport(queue, dryRun, token);
            await (!begun.Succeeded ? begun.Error.Write(http)
                : token is { IsReplayed: true } ? RepeatImport.Answer(http, host, begun.Value, token)
                : Import(http, host, begun.Value, token));
        }
        finally
        {
            host.Bodies.Leave(Limits.RequestBytes);
        }
    }

    private static Problem? CheckRequest(HttpContext http)
    {
        if (!ContentTypes.Is(http.Request.ContentType, ContentTypes.Lines))
            return new Problem(ProblemKind.UnsupportedMediaType, $"Send the lines as {ContentTypes.Lines}.");
        if (http.Request.Headers.ContentEncoding.Count > 0) return new Problem(ProblemKind.UnsupportedContentEncoding);
        if (http.Request.ContentLength > Limits.ImportBytes) return BodyProblems.TooLarge(http);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = Limits.ImportBytes;
        return null;
    }

    public static Task Answer(HttpContext http, LongOperation operation, ReadOnlySpan<byte> errors)
    {
        http.Promise(Durability.Fsync);
        http.Response.Headers.Location = OperationRoutes.AddressOf(operation.Id);
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"operation\":"u8);
        OperationJson.Write(output, operation);
        output.Raw(",\"errors\":["u8).Raw(errors).Raw("]}"u8);
        return http.Answer(200, Answers.Json, output);
    }

    private static async Task Import(
        HttpContext http, BrokerHost host, LongOperation operation, IdempotencyToken? token)
    {
        using ImportIntake intake =
            new(host.Broker, operation) { Digest = token is null ? null : new BodyDigest() };
        bool whole = false;
        Problem? problem;
        try
        {
            problem = await ImportLines.Read(http.Request.BodyReader, intake);
            whole = problem is null;
        }
        finally
        {
            if (token is not null && whole) token.Note = (byte[])[.. intake.Digest!.End(), .. intake.Errors()];
            Result<LongOperation> ended = await host.Broker.EndImport(operation.Id, whole, token);
            if (ended.Succeeded) operation = ended.Value;
        }

        await (problem?.Write(http) ?? Answer(http, operation, intake.Errors()));
    }
}
