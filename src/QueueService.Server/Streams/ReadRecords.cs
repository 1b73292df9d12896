using System.IO.Pipelines;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams;

internal static class ReadRecords
{
    public const string NextOffsetHeader = "Stream-Next-Offset";

    public const string EndOffsetHeader = "Stream-End-Offset";

    private const string NoStore = "no-store";

    /// <summary>What was appended does not change, but the stream may be deleted and another be created in its place:
    /// after a minute a cache asks again, with the ETag.</summary>
    private const string Cacheable = "private, max-age=60";

    /// <summary>Records may go, and those that follow move up.</summary>
    private const string Revalidate = "private, no-cache";

    private static readonly string[] Parameters = ["from", "limit", "wait"];

    private static readonly Operation Description = new(
        "readRecords", Tags.Streams, "Read records of a partition",
        "In the order of their offsets, from an offset, a time or an end of the partition on, as JSON, or as NDJSON " +
        "when `Accept` asks for `application/x-ndjson`. Reading changes nothing: go on at `nextOffset`. A full page " +
        "that was asked for by offset has an ETag and may be cached: what was appended never changes. Of a compacted " +
        "stream, offsets are missing whose key has a newer record, and a page has another ETag when its part of the " +
        "stream was rewritten.")
    {
        Parameters =
        [
            new("from", "String", "An offset, `earliest`, `latest`, or `time:` and an instant.", "earliest"),
            new("limit", "RecordLimit", "At most so many records, and at most 16 MiB of them.", "100"),
            new("wait", "Duration", "Wait so long for a first record; at most 60s.", "20s"),
        ],
        Replies =
        [
            new(200, "The records.",
                Content.Json(
                    "RecordPage", $$"""{"records":[{{RecordJson.Example}}],"nextOffset":42,"endOffset":42}"""),
                new Content(ContentTypes.Lines, "ResultLines", RecordJson.Example.ReplaceLineEndings("")))
                { Headers = [NextOffsetHeader, EndOffsetHeader, "ETag", "Link"] },
            new(304, "The records are those of the ETag that `If-None-Match` names."),
        ],
        Problems =
        [
            StreamProblems.StreamNotFound, StreamProblems.PartitionNotFound, StreamProblems.OffsetOutOfRange,
            ProblemKind.TooManyWaiters, StreamProblems.TierUnavailable,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", StreamRoutes.PartitionRecords, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        PartitionReading reading = new(host, http.Stream(ref problem), http.Partition(ref problem));
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        RecordPlace place = RecordPlace.Earliest;
        if (query[0] is { } from && !RecordPlace.TryParse(from.Span, out place))
            Problem.Blame(
                ref problem, "?from", "must be an offset, earliest, latest, or time: and an RFC 3339 instant.");
        int limit = RequestQuery.Integer(
            query[1], "limit", 1, StreamLimits.MaxRecordsPerRead, Limits.DefaultPageItems, ref problem);
        int wait = (int)(RequestQuery.Duration(
            query[2], "?wait", QueueConfigLimits.MaxReceiveWaitSeconds, ref problem) ?? 0);
        ReceivedMessages? records = null;
        if (problem is null)
        {
            CancellationToken gone = wait == 0 ? CancellationToken.None : http.RequestAborted;
            (records, problem) = await reading.Read(place, limit, wait, gone);
        }

        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        using (records)
        {
            await Answer(http, reading, records!, records!.Count == limit ? place.Offset : null);
            await host.ReportDamage(records!);
        }
    }

    /// <param name="from">When the same request answers the same again, unless compaction takes records out.</param>
    private static Task Answer(HttpContext http, PartitionReading reading, ReceivedMessages records, long? from)
    {
        long next = records.NextCursor!.OffsetIn(reading.Partition)!.Value;
        long end = records.EndCursor!.OffsetIn(reading.Partition)!.Value;
        IHeaderDictionary headers = http.Response.Headers;
        headers.Vary = "Accept";
        headers.CacheControl = NoStore;
        headers[NextOffsetHeader] = next.ToString();
        headers[EndOffsetHeader] = end.ToString();
        headers.Link = $"<{http.Request.Path}?from={next}>; rel=\"next\"";
        bool lines = http.Request.Headers.Accept.ToString()
            .Contains(ContentTypes.Lines, StringComparison.OrdinalIgnoreCase);
        if (from is not null)
        {
            string generation = records.Generation > 0 ? $"-{records.Generation:x}" : "";
            string tag =
                $"\"{records.Source:x}-{reading.Partition:x}-{from:x}-{next:x}{generation}{(lines ? "l" : "")}\"";
            headers.ETag = tag;
            headers.CacheControl = records.IsCompacted ? Revalidate : Cacheable;
            if (http.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
                return http.Answer(StatusCodes.Status304NotModified);
        }

        return lines ? WriteLines(http, records) : WriteJson(http, records, next, end);
    }

    private static async Task WriteLines(HttpContext http, ReceivedMessages records)
    {
        JsonOutput output = JsonOutput.Rent();
        http.Response.ContentType = ContentTypes.Lines;
        for (int i = 0; i < records.Count; i++)
        {
            if (!WriteRecord(output, records, i)) continue;
            output.Raw("\n"u8);
            if (output.Length < Limits.ResponseChunk) continue;
            if (!await Flush(http, output)) break;
        }

        await Flush(http, output);
        output.Return();
    }

    private static async Task WriteJson(HttpContext http, ReceivedMessages records, long next, long end)
    {
        JsonOutput output = JsonOutput.Rent();
        http.Response.ContentType = Answers.Json;
        output.Raw("{\"records\":["u8);
        bool first = true;
        for (int i = 0; i < records.Count; i++)
        {
            int before = output.Length;
            if (!first) output.Raw(","u8);
            if (!WriteRecord(output, records, i))
            {
                output.Truncate(before);
                continue;
            }

            first = false;
            if (output.Length < Limits.ResponseChunk) continue;
            if (!await Flush(http, output)) break;
        }

        output.Raw("],\"nextOffset\":"u8).Number(next).Raw(",\"endOffset\":"u8).Number(end).Raw("}"u8);
        await Flush(http, output);
        output.Return();
    }

    private static bool WriteRecord(JsonOutput output, ReceivedMessages records, int n)
    {
        if (!records.TryRead(n, out MessageView record)) return false;
        RecordJson.Write(output, in record);
        return true;
    }

    private static async ValueTask<bool> Flush(HttpContext http, JsonOutput output)
    {
        FlushResult flushed = await http.Response.BodyWriter.WriteAsync(output.Written, CancellationToken.None);
        output.Clear();
        return !flushed.IsCompleted && !http.RequestAborted.IsCancellationRequested;
    }
}
