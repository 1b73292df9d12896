using System.Globalization;
using System.Text;
using QueueService.Broker;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Topics.Live;

namespace QueueService.Server.Streams.Live;

internal static class FollowStream
{
    private const string LastEventId = "Last-Event-ID";

    private static readonly string[] Parameters = ["from", "partitions", "key", "lastEventId"];

    private static readonly string Example =
        "retry: 2000\nid: 0:41,1:7\n\nevent: record\nid: 0:42,1:7\ndata: " +
        RecordJson.Example.ReplaceLineEndings("") + "\n\n: heartbeat\n\n";

    private static readonly Operation Description = new(
        "followStream", Tags.Streams, "Follow a stream as server-sent events",
        "Each `record` event is one record, in the order of each partition. The `id` of an event names for every " +
        "partition the offset that comes next: with `Last-Event-ID` (or `lastEventId`; the header wins, and both win " +
        "over `from`) a reader goes on there, with nothing lost and nothing repeated, while the records are kept, " +
        "also after a restart; a partition that the id does not name begins at `from`. A `gap` event says how many " +
        "records are missing, and where: retention had taken them. A block with only an `id` has no event and moves " +
        "the reader's last id over what it does not want. A comment comes after 15 s without an event; a reader that " +
        "takes nothing for 20 s is disconnected. `drain`: the server stops; connect again. A `problem` event is the " +
        "last one and says why, for example that the stream was deleted.")
    {
        Parameters =
        [
            new("from", "String",
                "Where to begin: `latest`, `earliest`, `time:` and an instant, or an offset of each partition.",
                "latest"),
            new("partitions", "String", "Only these partitions, separated by commas.", "0,3"),
            new("key", "String", "Only records with this key.", "customer-7"),
            new("lastEventId", "String", "Same as Last-Event-ID.", "0:42,1:7"),
            new(LastEventId, "String", "The id of the last event that was read. Browsers that reconnect send it.",
                "0:42,1:7", ParameterPlace.Header),
        ],
        Replies = [new(200, "The events.", new Content(ServerSentEvents.ContentType, "Events", Example))],
        Problems =
        [
            StreamProblems.StreamNotFound, StreamProblems.PartitionNotFound, StreamProblems.OffsetOutOfRange,
            ProblemKind.TooManyTopicReaders, StreamProblems.TierUnavailable,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", StreamRoutes.Stream + "/sse", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        Request request = Read(http, ref problem);
        await LiveReading.Admit(http, host, problem, async () =>
        {
            Result<TopicCursor> end = await host.Broker.PlaceOf(request.Stream, long.MaxValue);
            Result<TopicCursor> from =
                end.Succeeded ? await host.Broker.PlaceOf(request.Stream, request.From.Time) : end;
            if (!from.Succeeded) await from.Error.Write(http);
            else if (WhyNot(request, end.Value) is { } refused) await refused.Write(http);
            else await Follow(http, host, request, from.Value, end.Value);
        });
    }

    private static Request Read(HttpContext http, ref Problem? problem)
    {
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        Request request = new(http.Stream(ref problem))
        {
            Partitions = query[1] is { } partitions ? ReadPartitions(partitions.Span, ref problem) : null,
            Key = query[2] is { } key ? Encoding.UTF8.GetBytes(key.ToString()) : null,
        };
        if (query[0] is { } from)
        {
            if (RecordPlace.TryParse(from.Span, out RecordPlace place)) request = request with { From = place };
            else
                Problem.Blame(
                    ref problem, "?from", "must be latest, earliest, time: and an RFC 3339 instant, or an offset.");
        }

        string? header = http.Request.Headers[LastEventId];
        string? id = header ?? query[3]?.ToString();
        if (string.IsNullOrEmpty(id)) return request;
        if (!OffsetVector.TryParse(id, out Dictionary<int, long> after))
            Problem.Blame(
                ref problem, header is null ? "?lastEventId" : LastEventId, "is not the id of an event of a stream.");
        return request with { After = after };
    }

    private static Problem? WhyNot(Request request, TopicCursor end)
    {
        foreach (int partition in request.Partitions ?? end.Places.Select(static place => place.Key))
        {
            if (end.OffsetIn(partition) is not { } last) return new Problem(StreamProblems.PartitionNotFound);
            if (request.After?.ContainsKey(partition) != true && request.From.Offset > last)
                return new Problem(StreamProblems.OffsetOutOfRange).Telling("endOffset", last);
        }

        return null;
    }

    private static HashSet<int> ReadPartitions(ReadOnlySpan<char> text, ref Problem? problem)
    {
        HashSet<int> partitions = [];
        foreach (Range part in text.Split(','))
        {
            if (int.TryParse(text[part].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
                && partition < StreamLimits.MaxPartitions) partitions.Add(partition);
            else Problem.Blame(ref problem, "?partitions", "must be numbers of partitions, separated by commas.");
        }

        return partitions;
    }

    private static Task Follow(
        HttpContext http, BrokerHost host, Request request, TopicCursor from, TopicCursor end)
    {
        // Partitions that are not wanted begin at the end: nothing of them is read.
        (TopicCursor start, bool hasGap) = OffsetVector.Resume(
            request.After, end, (partition, last) => request.Partitions?.Contains(partition) == false
                ? null
                : request.From.Offset ?? from.OffsetIn(partition) ?? last);
        LiveReading reading = new(request.Stream.Log, start, end)
        {
            Filter = request.Partitions is null && request.Key is null
                ? null
                : new RecordFilter(request.Partitions, request.Key),
            BeginsWithGap = hasGap,
        };
        return reading.Run(http, host);
    }

    /// <param name="Stream">What is followed.</param>
    private sealed record Request(StreamName Stream)
    {
        public RecordPlace From { get; init; } = RecordPlace.Latest;

        /// <summary>Null for all.</summary>
        public HashSet<int>? Partitions { get; init; }

        /// <summary>Null for any.</summary>
        public byte[]? Key { get; init; }

        /// <summary>Null for a reader who comes for the first time.</summary>
        public Dictionary<int, long>? After { get; init; }
    }
}
