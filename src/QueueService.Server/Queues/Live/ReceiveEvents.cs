using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues.Live;

internal static class ReceiveEvents
{
    private static readonly string[] Parameters = ["prefetch", "visibilityTimeout", "lastEventId"];

    private static readonly string Example =
        "retry: 2000\n\nid: AAAAAQAAAAAAAAAq\nevent: message\ndata: " +
        MessageJson.Example.ReplaceLineEndings("") + "\n\n: heartbeat\n\n";

    public static readonly Operation Description = new(
        "receiveEvents", Tags.Messages, "Receive messages as server-sent events",
        "Each `message` event is one leased message as `receiveMessages` answers it; acknowledge it with its receipt " +
        "handle by the other operations. While `prefetch` messages are not acknowledged no more are sent. When the " +
        "connection ends, all that are not acknowledged are given back, as the retryPolicy says, and come " +
        "again: a reader that reconnects misses nothing, and `Last-Event-ID` is accepted but not needed. " +
        "A comment every 15 s keeps proxies patient; a reader that takes nothing for 20 s is " +
        "disconnected. A `drain` event says that the server stops: reconnect. A `problem` event is the last one and " +
        "says why, for example that the queue was deleted.")
    {
        Parameters =
        [
            new("prefetch", "Prefetch", "Messages that may be unacknowledged at once.", "20"),
            new("visibilityTimeout", "Duration", "How long each message is leased; at most 12h.", "30s"),
            new("lastEventId", "String", "Same as Last-Event-ID; accepted, and not needed.", "AAAAAQAAAAAAAAAq"),
            new("Last-Event-ID", "String", "Sent by browsers that reconnect; accepted, and not needed.",
                "AAAAAQAAAAAAAAAq", ParameterPlace.Header),
        ],
        Replies = [new(200, "The events.", new Content(ServerSentEvents.ContentType, "Events", Example))],
        Problems = LiveRequest.Problems,
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", QueueRoutes.Queue + "/sse", Handle, Description);

    public static Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        int prefetch = RequestQuery.Integer(
            query[0], "prefetch", 1, Limits.Prefetch, Limits.DefaultPrefetch, ref problem);
        long? visibility = Visibility(query[1], ref problem);
        return LiveRequest.Run(http, host, problem, async queue =>
        {
            LeaseHolder holder = new(prefetch);
            await using LiveReceive receive = new(host, queue.Name, holder) { Visibility = visibility };
            await new EventStream(http, receive, prefetch).Run();
        });
    }

    /// <summary>Without a time to hold it a message would be sent again and again.</summary>
    public static long? Visibility(ReadOnlyMemory<char>? value, ref Problem? problem)
    {
        long? milliseconds = RequestQuery.Duration(
            value, "?visibilityTimeout", QueueConfigLimits.MaxVisibilityTimeoutSeconds, ref problem);
        if (milliseconds is < 1_000) Problem.Blame(ref problem, "?visibilityTimeout", "must be at least 1s.");
        return milliseconds;
    }
}
