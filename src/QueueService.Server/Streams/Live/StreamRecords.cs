using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using QueueService.Server.Queues.Live;

namespace QueueService.Server.Streams.Live;

internal static class StreamRecords
{
    private const string Example = """
        {"key":"customer-7","body":"hello"}
        {"key":"customer-8","body":"world"}
        """;

    private const string Results = """
        {"partition":3,"offset":41,"status":201}
        {"partition":0,"offset":7,"status":201}
        """;

    private static readonly Operation Description = new(
        "streamRecords", Tags.Streams, "Append records one by one over one request",
        "Full duplex: a line in is a record as in a batch, a line out its result, in order, as soon as it is " +
        "durable. " +
        LiveRequest.Lines +
            " A client that does not read its results is not read from. The answer ends when the client " +
        "has ended its request; at a shutdown, or when the stream is deleted, it ends earlier, and lines without a " +
        "result were not stored.")
    {
        Request = [new(ContentTypes.Lines, "Lines", Example)],
        RequestRequired = true,
        Replies =
        [
            new(200, "A result for each record, in order.", new Content(ContentTypes.Lines, "ResultLines", Results))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            StreamProblems.StreamNotFound, ProblemKind.TooManyStreams, ProblemKind.UnsupportedMediaType,
            ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", StreamRoutes.Records + "/stream", Handle, Description);

    public static Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        StreamName name = http.Stream(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        LiveRequest.RefuseKey(http, "send batches with the Producer- headers.", ref problem);
        MessageOptions.RefuseHeaders(http, ref problem);
        problem ??= LiveRequest.CheckLines(http);
        return LiveRequest.Run(http, host, problem, async definition =>
        {
            http.Promise(definition.Config.Durability);
            using MessageStream<AppendOutcome> stream = new(http, host, new MessageStreamTarget<AppendOutcome>(
                static () => new RecordReader(),
                intake =>
                {
                    intake.Batch.Partial = true;
                    return host.Broker.Append(name, intake.Batch);
                },
                static (intake, output, result) => intake.WritePlaceLines(output, in result)));
            await stream.Run();
        });
    }
}
