using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

internal static class AppendRecordBatch
{
    private const string Lines = """
        {"key":"customer-7","body":"hello"}
        {"key":"customer-8","body":"world"}
        """;

    private const string Example = """
        {"results":[{"partition":3,"offset":41},{"partition":0,"offset":7}],"timestamp":"2026-11-21T10:00:00.000Z"}
        """;

    private static readonly string[] Parameters = ["partial"];
    private static readonly string[] Choices = ["false", "true"];

    private static readonly Operation Description = new(
        "appendRecordBatch", Tags.Streams, "Append many records",
        "All or nothing, in one commit, in the order of the request within each partition; records without a key " +
        "stay together in one. With `partial=true` the valid records are stored and each has its own status. As JSON " +
        "at most 1,000 records, as NDJSON (one a line) 10,000, both at most 16 MiB. With the three `Producer-` " +
        "headers, or an Idempotency-Key, a retry appends nothing and is told where the records are.")
    {
        IsKeyed = true,
        Parameters =
        [
            new("partial", "Boolean", "Store what is valid and report the rest.", "false"),
            .. ProducerHeaders.Parameters,
        ],
        Request =
        [
            Content.Json("RecordBatch", """{"records":[{"key":"customer-7","body":"hello"},{"body":"world"}]}"""),
            new(ContentTypes.Lines, "Lines", Lines),
            new(ContentTypes.EventBatch, "CloudEventBatch", $"[{CloudEvents.Example}]"),
        ],
        RequestRequired = true,
        Replies =
        [
            new(200, "The producer had sent this request before.", Content.Json("AppendedRecordBatch", Example))
                { Headers = [Answers.DurabilityHeader] },
            new(201, "All records are stored.", Content.Json("AppendedRecordBatch", Example))
                { Headers = [Answers.DurabilityHeader] },
            new(207, "Each record has its own status.", Content.Json(
                "PartialRecordBatch",
                """{"results":[{"partition":3,"offset":41,"status":201}],"timestamp":"2026-11-21T10:00:00.000Z"}"""))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, StreamProblems.StreamNotFound, StreamProblems.PartitionNotFound,
            .. ProducerHeaders.Problems, StreamProblems.KeyRequired, ProblemKind.RequestTooLarge,
            ProblemKind.MessageTooLarge, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", StreamRoutes.Records + "/batch", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        StreamName stream = http.Stream(ref problem);
        QueryValues query = RequestQuery.ReadKeyed(http, Parameters, ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        ProducerState? producer = ProducerHeaders.Read(http, ref problem);
        bool partial = RequestQuery.Choice(query[0], "partial", Choices, ref problem) == 1;
        if (partial && producer is not null)
            Problem.Blame(
                ref problem, "?partial", "is not supported for producers, whose requests are all or nothing.");
        MessageOptions.RefuseHeaders(http, ref problem);
        bool lines = ContentTypes.Is(http.Request.ContentType, ContentTypes.Lines);
        using BatchIntake intake = new(partial, lines ? Limits.LineBatchMessages : Limits.BatchMessages)
        {
            Reader = new RecordReader(),
        };
        problem ??= lines
            ? await LineReader.Read(http, host, intake)
            : await SendMessageBatch.ReadWhole(http, host, intake);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        intake.Batch.Partial = partial;
        IdempotencyToken? token = key.ToToken(http, intake.Batch);
        Result<AppendOutcome> result = await host.Broker.Append(stream, intake.Batch, producer, token);
        IdempotencyKey.Tell(http, token);
        if (!result.Succeeded) await result.Error.Write(http);
        else if (result.Value.Refused != BrokerError.None)
            await ProducerHeaders.Refused(result.Value, intake).Write(http);
        else await Answer(http, intake, partial, result.Value);
    }

    private static Task Answer(HttpContext http, BatchIntake intake, bool partial, AppendOutcome outcome)
    {
        http.Promise(outcome.Durability);
        JsonOutput output = JsonOutput.Rent();
        intake.WritePlaces(output, in outcome);
        return http.Answer(outcome.IsDuplicate ? 200 : partial ? 207 : 201, Answers.Json, output);
    }
}
