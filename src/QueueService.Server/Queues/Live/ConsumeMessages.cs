using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues.Live;

internal static class ConsumeMessages
{
    private const string Example = $$"""
        {"credit":10}
        {"acknowledge":["{{ReceiptSchemas.ExampleHandle}}"],"credit":1}
        {"release":["{{ReceiptSchemas.ExampleHandle}}"],"delaySeconds":10}
        {"extend":["{{ReceiptSchemas.ExampleHandle}}"],"visibilityTimeoutSeconds":60}
        """;

    private static readonly string[] Parameters = ["visibilityTimeout"];

    private static readonly string Results =
        MessageJson.Example.ReplaceLineEndings("") + "\n" +
        $$"""{"acknowledged":[{"receiptHandle":"{{ReceiptSchemas.ExampleHandle}}","status":204}]}""" + "\n" +
        """{"heartbeat":"2026-11-21T10:00:15.000Z"}""" + "\n";

    public static readonly Operation Description = new(
        "consumeMessages", Tags.Messages, "Receive and acknowledge over one request",
        "Full duplex. Lines in: `credit` allows that many messages more (10,000 at most are outstanding), " +
        "`acknowledge`, `release` (with `delaySeconds`, else as the retryPolicy says) and `extend` (with " +
        "`visibilityTimeoutSeconds`) take lists of receipt handles; a line may hold several of them, and `extend` is " +
        "done before `release`, `release` before `acknowledge`. Lines out: messages as `receiveMessages` answers " +
        "them; `acknowledged`, `released` and `extended` with the outcome of each handle, one line for each line in " +
        "that has handles; `heartbeat` every 15 s; a `status` with a `problem`; `drain` as the last line when the " +
        "server stops. " + LiveRequest.Lines + " When the request or the connection ends, all messages that are not " +
        "acknowledged are given back, as the retryPolicy says. A consumer that takes nothing for 20 s is disconnected.")
    {
        Parameters =
            [new("visibilityTimeout", "Duration", "How long each message is leased; at most 12h.", "30s")],
        Request = [new(ContentTypes.Lines, "ConsumerLines", Example)],
        RequestRequired = true,
        Replies =
        [
            new(200, "Messages and results.", new Content(ContentTypes.Lines, "ResultLines", Results))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            .. LiveRequest.Problems, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Queue + "/consume", Handle, Description);

    public static Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueryValues query = RequestQuery.ReadKeyed(http, Parameters, ref problem);
        LiveRequest.RefuseKey(http, "a receipt handle settles its lease once, however often it is sent.", ref problem);
        long? visibility = ReceiveEvents.Visibility(query[0], ref problem);
        problem ??= LiveRequest.CheckLines(http);
        return LiveRequest.Run(http, host, problem, async queue =>
        {
            http.Promise(queue.Config.Durability);
            LeaseHolder holder = new(capacity: int.MaxValue);
            await using LiveReceive receive = new(host, queue.Name, holder) { Visibility = visibility };
            using ConsumerStream stream = new(http, receive);
            await stream.Run();
        });
    }
}
