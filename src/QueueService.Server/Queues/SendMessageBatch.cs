using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class SendMessageBatch
{
    private const string LineExample = """
        {"body":"hello"}
        {"body":"world","delaySeconds":30}
        """;

    private static readonly string[] Parameters = ["partial"];
    private static readonly string[] Choices = ["false", "true"];

    public static readonly Operation Description = new(
        "sendMessageBatch", Tags.Messages, "Send many messages",
        "All or nothing, in one commit. With `partial=true` the valid messages are stored and each message has its " +
        "own status. As JSON at most 1,000 messages, as NDJSON (one message a line) 10,000, both at most 16 MiB.")
    {
        IsKeyed = true,
        Parameters = [new("partial", "Boolean", "Store what is valid and report the rest.", "false")],
        Request =
        [
            Content.Json(
                "MessageBatch", """{"messages":[{"body":"hello"},{"body":"world","attributes":{"tenant":"acme"}}]}"""),
            new(ContentTypes.Lines, "Lines", LineExample),
            new(ContentTypes.EventBatch, "CloudEventBatch", $"[{CloudEvents.Example}]"),
        ],
        RequestRequired = true,
        Replies =
        [
            new(201, "All messages are stored.", Content.Json(
                "SentMessageBatch",
                """
                {"results":[{"id":"AAAAAQAAAAAAAAAq","sequenceNumber":42},
                {"id":"AAAAAQAAAAAAAAAr","sequenceNumber":43}]}
                """))
                { Headers = [Answers.DurabilityHeader] },
            new(207, "Each message has its own status.", Content.Json(
                "PartialBatch", """{"results":[{"status":201,"id":"AAAAAQAAAAAAAAAq","sequenceNumber":42}]}"""))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.DelayExceedsRetention, ProblemKind.DeliverAtTooFar,
            ProblemKind.PriorityNotSupported, ProblemKind.DeduplicationNotSupported, ProblemKind.WindowFull,
            ProblemKind.QueueNotFound,
            ProblemKind.RequestTooLarge,
            ProblemKind.MessageTooLarge, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.QueueFull, ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Messages + "/batch", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        QueryValues query = RequestQuery.ReadKeyed(http, Parameters, ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        bool partial = RequestQuery.Choice(query[0], "partial", Choices, ref problem) == 1;
        MessageOptions.RefuseHeaders(http, ref problem);
        bool lines = ContentTypes.Is(http.Request.ContentType, ContentTypes.Lines);
        using BatchIntake intake = new(partial, lines ? Limits.LineBatchMessages : Limits.BatchMessages)
        {
            Reader = new MessageReader { ForTopic = problem is null && queue.Kind == QueueKind.Topic },
        };
        problem ??= lines ? await LineReader.Read(http, host, intake) : await ReadWhole(http, host, intake);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        // Nothing valid in it: there is nothing to ask the broker for.
        IdempotencyToken? token = key.ToToken(http, intake.Batch);
        Result<SendOutcome> result = intake.Batch.Count == 0
            ? default(SendOutcome)
            : await host.Broker.Send(queue, intake.Take(), token);
        IdempotencyKey.Tell(http, token);
        await (result.Succeeded ? Answer(http, intake, partial, result.Value) : result.Error.Write(http));
    }

    public static async ValueTask<Problem?> ReadWhole(HttpContext http, BrokerHost host, BatchIntake intake)
    {
        bool events = ContentTypes.Is(http.Request.ContentType, ContentTypes.EventBatch);
        Problem? problem = JsonRequest.CheckContentType(http, ContentTypes.Lines, ContentTypes.EventBatch);
        if (problem is not null) return problem;
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        if (body.Error is not null) return body.Problem();
        return events ? BatchReader.ReadEvents(body.Span, intake) : BatchReader.ReadMessages(body.Span, intake);
    }

    private static Task Answer(HttpContext http, BatchIntake intake, bool partial, SendOutcome outcome)
    {
        http.Promise(outcome.Durability);
        JsonOutput output = JsonOutput.Rent();
        intake.WriteResults(output, in outcome);
        return http.Answer(partial ? 207 : 201, Answers.Json, output);
    }
}
