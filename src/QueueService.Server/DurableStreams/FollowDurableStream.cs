using System.Buffers;
using System.Buffers.Text;
using QueueService.Broker;
using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.DurableStreams;

/// <summary>Reads a durable stream as server-sent events: after each `data` a `control` that says where to go on.
/// </summary>
internal sealed class FollowDurableStream(HttpContext http, BrokerHost host, DurableReading reading)
{
    /// <summary>Records of one event.</summary>
    private const int MaxRecords = 1_000;

    // The source may be gone when the last reader leaves.
    private readonly CancellationToken _draining = host.Live.Draining;
    private readonly LiveResponse _live = new(http, host.Live);
    private readonly ArrayBufferWriter<byte> _data = new();

    public static async Task Handle(HttpContext http, BrokerHost host, DurableReading reading)
    {
        if (!host.Live.TryEnter())
        {
            await new Problem(ProblemKind.TooManyStreams).Write(http);
            return;
        }

        try
        {
            await new FollowDurableStream(http, host, reading).Run();
        }
        finally
        {
            host.Live.Leave();
        }
    }

    private async Task Run()
    {
        long started = host.Time.GetTimestamp();
        Result<DurableStreamPage> read = await Read(reading.Offset, 0);
        if (!read.Succeeded)
        {
            await ReadDurableStream.Refuse(http, read.Error);
            return;
        }

        DurableStreamPage page = read.Value;
        string type = page.Stream.Config.ContentType;
        bool isText = DurableRecord.IsJson(type) || type.StartsWith("text/", StringComparison.OrdinalIgnoreCase);
        if (!isText) http.Response.Headers[DurableStreamHeaders.DataEncoding] = "base64";
        await _live.Begin(ServerSentEvents.ContentType, "no-cache, no-store");
        bool isFirst = true;
        while (true)
        {
            bool goesOn;
            long next = page.Next;
            using (page)
            {
                bool says = isFirst || !page.IsEmpty || page.IsClosed;
                goesOn = (says ? await Send(page, isText) : await Send(static output => output.Comment()))
                    && !page.IsClosed;
                foreach (ReceivedMessages part in page.Parts) await host.ReportDamage(part);
            }

            isFirst = false;
            if (!goesOn || _draining.IsCancellationRequested) return;
            TimeSpan left = Limits.DurableStreamFollow - host.Time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero) return;
            int wait = (int)Math.Min(left.TotalMilliseconds + 1, Limits.Heartbeat.TotalMilliseconds);
            read = await Read(next, wait);
            if (!read.Succeeded) return;
            page = read.Value;
        }
    }

    private ValueTask<Result<DurableStreamPage>> Read(long? from, int wait) =>
        host.Broker.ReadDurableStream(reading.Name, from, MaxRecords, wait, http.RequestAborted);

    private async ValueTask<bool> Send(Action<JsonOutput> write)
    {
        JsonOutput output = JsonOutput.Rent();
        write(output);
        bool goesOn = await _live.Write(output);
        output.Return();
        return goesOn;
    }

    private ValueTask<bool> Send(DurableStreamPage page, bool isText) => Send(output =>
    {
        if (!page.IsEmpty)
        {
            Gather(page);
            output.Raw("event: data\n"u8);
            if (isText) WriteLines(output, _data.WrittenSpan);
            else WriteBase64(output, _data.WrittenSpan);
            output.Raw("\n"u8);
        }

        output.Raw("event: control\ndata:{\"streamNextOffset\":"u8).Text(DurableStreamHeaders.Offset(page.Next));
        if (page.IsClosed) output.Raw(",\"streamClosed\":true"u8);
        else output.Raw(",\"streamCursor\":"u8).Text(CollapseCursor.After(reading.Cursor, host.Time));
        if (page.IsUpToDate) output.Raw(",\"upToDate\":true"u8);
        output.Raw("}\n\n"u8);
    });

    private void Gather(DurableStreamPage page)
    {
        bool isJson = DurableRecord.IsJson(page.Stream.Config.ContentType);
        _data.ResetWrittenCount();
        if (isJson) _data.Write("["u8);
        int brackets = _data.WrittenCount;
        foreach (ReceivedMessages part in page.Parts)
        {
            for (int i = 0; i < part.Count; i++)
            {
                if (!part.TryRead(i, out MessageView record)) continue;
                if (isJson && _data.WrittenCount > brackets) _data.Write(","u8);
                _data.Write(record.Body);
            }
        }

        if (isJson) _data.Write("]"u8);
    }

    /// <summary>Whatever ends a line ends a line of the event, too: a body cannot pretend to be an event.</summary>
    private static void WriteLines(JsonOutput output, ReadOnlySpan<byte> text)
    {
        while (true)
        {
            int end = text.IndexOfAny((byte)'\n', (byte)'\r');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];

            // A reader takes one space away.
            output.Raw(line.StartsWith((byte)' ') ? "data: "u8 : "data:"u8).Raw(line).Raw("\n"u8);
            if (end < 0) return;
            bool isPair = text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n';
            text = text[(end + (isPair ? 2 : 1))..];
        }
    }

    private static void WriteBase64(JsonOutput output, ReadOnlySpan<byte> bytes)
    {
        output.Raw("data:"u8);
        Base64.EncodeToUtf8(
            bytes, output.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out int written);
        output.Advance(written);
        output.Raw("\n"u8);
    }
}
