using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues.Live;

internal static class StreamMessages
{
    private const string Example = """
        {"body":"hello"}
        {"body":"world","delaySeconds":30}
        """;

    private const string Results = """
        {"id":"AAAAAQAAAAAAAAAq","sequenceNumber":42,"status":201}
        {"id":"AAAAAQAAAAAAAAAr","sequenceNumber":43,"status":201}
        """;

    public static readonly Operation Description = new(
        "streamMessages", Tags.Messages, "Send messages one by one over one request",
        "Full duplex: a line in is a message as in a batch, a line out its result, in order, as soon as it is " +
        "durable. " + LiveRequest.Lines +
            " A client that does not read its results is not read from. The answer ends " +
        "when the client has ended its request; at a shutdown, or when the queue is deleted, it ends earlier, and " +
        "lines without a result were not stored.")
    {
        Request = [new(ContentTypes.Lines, "Lines", Example)],
        RequestRequired = true,
        Replies =
        [
            new(200, "A result for each message, in order.", new Content(ContentTypes.Lines, "ResultLines", Results))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            .. LiveRequest.Problems, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Messages + "/stream", Handle, Description);

    public static Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        RequestQuery.ReadKeyed(http, [], ref problem);
        LiveRequest.RefuseKey(http, "give each line for a FIFO queue a deduplicationId, or send batches.", ref problem);
        MessageOptions.RefuseHeaders(http, ref problem);
        problem ??= LiveRequest.CheckLines(http);
        return LiveRequest.Run(http, host, problem, async queue =>
        {
            http.Promise(queue.Config.Durability);
            using MessageStream<SendOutcome> stream = new(http, host, new MessageStreamTarget<SendOutcome>(
                () => new MessageReader { ForTopic = queue.Name.Kind == QueueKind.Topic },
                intake => host.Broker.Send(queue.Name, intake.Take()),
                static (intake, output, result) => intake.WriteLines(output, in result)));
            await stream.Run();
        });
    }
}
