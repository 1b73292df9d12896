using System.Text;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Broker.Topics.Filters;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics.Live;

internal static class FollowTopic
{
    private const string LastEventId = "Last-Event-ID";

    private const string PlaceRule = "must be latest, earliest or an RFC 3339 instant like 2026-11-21T10:00:00Z.";

    private static readonly string[] Parameters = ["from", "filter", "lastEventId"];

    private static readonly string Example =
        "retry: 2000\nid: ACo\n\nevent: message\nid: ACs\ndata: " +
        MessageJson.EventExample.ReplaceLineEndings("") + "\n\n: heartbeat\n\n";

    private static readonly Operation Description = new(
        "followTopic", Tags.Topics, "Follow a topic as server-sent events",
        "Each `message` event is one message in the shape of a receive, without a receipt: nothing is leased, and " +
        "every reader gets everything that its `filter` lets through, in the order of publishing within each message " +
        "group. The `id` of an event says how far its reader has read: with `Last-Event-ID` (or `lastEventId`; the " +
        "header wins, and both win over `from`) a reader goes on after it, with nothing lost and nothing repeated, " +
        "while the topic keeps the messages, also after a restart. A `gap` event says that messages are missing " +
        "here, and with `lost` how many: the topic did not keep them that long, or the id is not of this topic. A " +
        "block with only an `id` has no event and moves the reader's last id over what its filter leaves out. A " +
        "comment comes after 15 s without an event; a reader that takes nothing for 20 s is disconnected. `drain`: " +
        "the server stops; connect again. A `problem` event is the last one and says why, for example that the topic " +
        "was deleted.")
    {
        Parameters =
        [
            new("from", "String",
                "Where to begin: `latest`, `earliest`, or with what was published at an instant or later.", "latest"),
            new("filter", "String", "Which messages: the filter of a subscription, as JSON.",
                """{"routingKey":"order.#"}"""),
            new("lastEventId", "String", "Same as Last-Event-ID.", "ACs"),
            new(
                LastEventId, "String", "The id of the last event that was read. Browsers that reconnect send it.",
                "ACs", ParameterPlace.Header),
        ],
        Replies = [new(200, "The events.", new Content(ServerSentEvents.ContentType, "Events", Example))],
        Problems = [ProblemKind.TopicNotFound, ProblemKind.TooManyTopicReaders],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TopicRoutes.Topic + "/sse", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        Request request = Read(http, ref problem);
        await LiveReading.Admit(http, host, problem, async () =>
        {
            Result<TopicCursor> end = await host.Broker.EndOf(request.Topic);
            Result<TopicCursor> begin = end.Succeeded ? await Begin(host, request, end.Value) : end;
            await (begin.Succeeded ? Follow(http, host, request, begin.Value, end.Value) : begin.Error.Write(http));
        });
    }

    private static Request Read(HttpContext http, ref Problem? problem)
    {
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        Request request = new(http.Topic(ref problem))
        {
            Since = query[0] is { } from ? ReadFrom(from.Span, ref problem) : null,
            Filter = query[1] is { } filter ? ReadFilter(filter, ref problem) : null,
        };
        string? header = http.Request.Headers[LastEventId];
        string? id = header ?? query[2]?.ToString();
        if (string.IsNullOrEmpty(id)) return request;
        if (!TopicCursor.TryParse(id, out TopicCursor? after))
            Problem.Blame(
                ref problem, header is null ? "?lastEventId" : LastEventId, "is not the id of an event of a topic.");
        return request with { After = after };
    }

    private static long? ReadFrom(ReadOnlySpan<char> from, ref Problem? problem)
    {
        if (from.Equals(SubscriptionConfig.Latest, StringComparison.OrdinalIgnoreCase)) return null;
        if (from.Equals(SubscriptionConfig.Earliest, StringComparison.OrdinalIgnoreCase)) return 0;
        if (Rfc3339.TryParse(from, out long time)) return Math.Max(0, time);
        Problem.Blame(ref problem, "?from", PlaceRule);
        return null;
    }

    private static SubscriptionFilter? ReadFilter(ReadOnlyMemory<char> text, ref Problem? problem)
    {
        byte[] json = new byte[Encoding.UTF8.GetByteCount(text.Span)];
        Encoding.UTF8.GetBytes(text.Span, json);
        SubscriptionFilter? filter =
            SubscriptionFilter.Parse(json, NumberMatching.NumbersInStrings, out IReadOnlyList<FilterProblem> wrong);
        foreach (FilterProblem part in wrong) Problem.Blame(ref problem, "?filter" + part.Pointer, part.Message);
        return filter;
    }

    private static async ValueTask<Result<TopicCursor>> Begin(BrokerHost host, Request request, TopicCursor end)
    {
        // An id from beyond the end was given by another topic of this name: where it stood is not known here.
        if (request.After is { } after && after.IsWithin(end)) return after;
        long? since = request.After is null ? request.Since : 0;
        return since is { } time ? await host.Broker.PlaceOf(request.Topic, time) : end;
    }

    private static Task Follow(
        HttpContext http, BrokerHost host, Request request, TopicCursor begin, TopicCursor end)
    {
        bool isFiltered = request.Filter is { MatchesAll: false };
        LiveReading reading = new(request.Topic, begin, end)
        {
            Filter = isFiltered ? new MessageFilter(new MessageMatcher(request.Filter!)) : null,
            BeginsWithGap = request.After is { } after && !after.IsWithin(end),
        };
        return reading.Run(http, host);
    }

    /// <param name="Since">Unix milliseconds; null for the end.</param>
    /// <param name="After">Null for a reader who comes for the first time.</param>
    private sealed record Request(
        TopicName Topic, long? Since = null, SubscriptionFilter? Filter = null, TopicCursor? After = null);
}
