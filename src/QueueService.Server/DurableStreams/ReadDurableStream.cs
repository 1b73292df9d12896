using System.IO.Pipelines;
using Microsoft.Extensions.Primitives;
using QueueService.Broker;
using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.DurableStreams;

internal static class ReadDurableStream
{
    private const string NoStore = "no-store";

    /// <summary>The same request may bring more later: caches ask.</summary>
    private const string AtTheEnd = "private, no-cache";

    /// <summary>A page that has something behind it does not change while the stream lives.</summary>
    private const string BeforeTheEnd = "private, max-age=60, stale-while-revalidate=300";

    public static readonly Operation Description = new(
        "readDurableStream", Tags.DurableStreams, "Read a durable stream",
        "What was appended from an offset on, in one piece; of JSON an array of messages. Go on at " +
        "`Stream-Next-Offset` until `Stream-Up-To-Date`. `live=long-poll` waits up to 15 s for something new and " +
        "else answers 204; `live=sse` goes on for a minute with `data` and `control` events. Unknown query " +
        "parameters are ignored, as the protocol says.")
    {
        Parameters =
        [
            new(
                "offset", "String", "Where to begin: an offset that was told, `-1` (the beginning) or `now` (the end).",
                "-1"),
            new("live", "String", "`long-poll` or `sse`; needs `offset`.", "long-poll"),
            new("cursor", "String", "`Stream-Cursor` of the answer before.", "3021"),
            new("If-None-Match", "String", "Answers 304 when nothing has changed since this ETag.", "\"1-0-3\"",
                ParameterPlace.Header),
        ],
        Replies =
        [
            new(200, "What was found; may be nothing.",
                new Content("*/*", "Bytes", "hello"),
                new Content(ServerSentEvents.ContentType, "Events", "event: data\ndata:hello\n\n"))
                {
                    Headers =
                    [
                        .. DurableStreamHeaders.OfStream, DurableStreamHeaders.UpToDate, DurableStreamHeaders.Cursor,
                        DurableStreamHeaders.DataEncoding, "ETag",
                    ],
                },
            new(204, "Nothing came while it was waited for.")
            {
                Headers =
                    [.. DurableStreamHeaders.OfStream, DurableStreamHeaders.UpToDate, DurableStreamHeaders.Cursor],
            },
            new(304, "It is what the ETag that `If-None-Match` names stands for."),
        ],
        Problems =
        [
            DurableStreamProblems.NotFound, DurableStreamProblems.Gone, ProblemKind.TooManyWaiters,
            ProblemKind.TooManyStreams,
        ],
    };

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        DurableStreamName name = http.DurableStream(ref problem);
        string? from = Value(http, "offset", ref problem);
        string? live = Value(http, "live", ref problem);
        if (live is not (null or "long-poll" or "sse"))
            Problem.Blame(ref problem, "?live", "must be long-poll or sse.");
        if (live is not null && from is null) Problem.Blame(ref problem, "?offset", "is needed with live.");
        long? offset = Place(from, ref problem);
        DurableReading reading = new(name, offset, Value(http, "cursor", ref problem));
        if (problem is not null) await problem.Write(http);
        else if (live == "sse") await FollowDurableStream.Handle(http, host, reading);
        else await Read(http, host, reading, isLive: live is not null);
    }

    /// <summary>Why nothing was read.</summary>
    public static Task Refuse(HttpContext http, BrokerError error) => error == BrokerError.DurableOffsetBeyondEnd
        ? Problem.Invalid("?offset", "lies beyond the end of the stream.").Write(http)
        : error.Write(http);

    private static async Task Read(HttpContext http, BrokerHost host, DurableReading reading, bool isLive)
    {
        Result<DurableStreamPage> result = await host.Broker.ReadDurableStream(
            reading.Name, reading.Offset, StreamLimits.MaxRecordsPerRead,
            isLive ? (int)Limits.DurableStreamPoll.TotalMilliseconds : 0, http.RequestAborted);
        if (!result.Succeeded)
        {
            await Refuse(http, result.Error);
            return;
        }

        using DurableStreamPage page = result.Value;
        if (isLive)
            http.Response.Headers[DurableStreamHeaders.Cursor] = CollapseCursor.After(reading.Cursor, host.Time);
        await Answer(http, page, isLive, isNow: reading.Offset is null && !isLive);
        foreach (ReceivedMessages part in page.Parts) await host.ReportDamage(part);
    }

    /// <param name="isNow">Only the end is asked for.</param>
    private static Task Answer(HttpContext http, DurableStreamPage page, bool isLive, bool isNow)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers[DurableStreamHeaders.NextOffset] = DurableStreamHeaders.Offset(isNow ? page.First : page.Next);
        if (isNow || page.IsUpToDate) headers[DurableStreamHeaders.UpToDate] = "true";
        if (isNow ? page.Stream.IsClosed : page.IsClosed) headers[DurableStreamHeaders.Closed] = "true";
        headers.CacheControl = NoStore;
        if (isLive && page.IsEmpty) return http.Answer(StatusCodes.Status204NoContent);
        http.Response.ContentType = page.Stream.Config.ContentType;
        if (!isNow)
        {
            string tag = $"\"{page.Stream.Resource:x}-{page.First:x}-{page.Next:x}" +
                $"{(page.IsUpToDate ? "u" : "")}{(page.IsClosed ? "c" : "")}\"";
            headers.ETag = tag;
            headers.CacheControl = page.IsUpToDate ? AtTheEnd : BeforeTheEnd;
            if (http.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
                return http.Answer(StatusCodes.Status304NotModified);
        }

        return Write(http, page, isNow);
    }

    private static async Task Write(HttpContext http, DurableStreamPage page, bool isNow)
    {
        bool isJson = DurableRecord.IsJson(page.Stream.Config.ContentType);
        JsonOutput output = JsonOutput.Rent();
        if (isJson) output.Raw("["u8);
        bool isFirst = true;
        foreach (ReceivedMessages part in isNow ? [] : page.Parts)
        {
            for (int i = 0; i < part.Count; i++)
            {
                if (!Add(output, part, i, isJson && !isFirst)) continue;
                isFirst = false;
                if (output.Length < Limits.ResponseChunk || await Flush(http, output)) continue;
                output.Return();
                return;
            }
        }

        if (isJson) output.Raw("]"u8);
        await Flush(http, output);
        output.Return();
    }

    private static bool Add(JsonOutput output, ReceivedMessages part, int n, bool needsComma)
    {
        if (!part.TryRead(n, out MessageView record)) return false;
        if (needsComma) output.Raw(","u8);
        output.Raw(record.Body);
        return true;
    }

    private static async ValueTask<bool> Flush(HttpContext http, JsonOutput output)
    {
        FlushResult flushed = await http.Response.BodyWriter.WriteAsync(output.Written, CancellationToken.None);
        output.Clear();
        return !flushed.IsCompleted && !http.RequestAborted.IsCancellationRequested;
    }

    private static string? Value(HttpContext http, string name, ref Problem? problem)
    {
        if (!http.Request.Query.TryGetValue(name, out StringValues values)) return null;
        if (values.Count != 1) Problem.Blame(ref problem, "?" + name, "is given more than once.");
        return values[0] ?? "";
    }

    /// <summary>Null: the end.</summary>
    private static long? Place(string? text, ref Problem? problem)
    {
        if (text is null or "-1") return 0;
        if (text is "now") return null;
        if (!DurableStreamHeaders.TryParseOffset(text, out long offset))
            Problem.Blame(ref problem, "?offset", "must be an offset that the stream has told, -1 or now.");
        return offset;
    }
}

/// <summary>What a reader asks for.</summary>
/// <param name="Offset">Null: the end.</param>
internal readonly record struct DurableReading(DurableStreamName Name, long? Offset, string? Cursor);
