using System.Diagnostics;
using System.Text;
using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>A producer's <c>messages/stream</c> and a consumer's <c>consume</c>: so many messages are in the system for
/// each pair, and each acknowledgement is followed by a new message. Messages may be another pair's. Latency is from a
/// message's arrival at the consumer to the result of its acknowledgement.</summary>
internal sealed class DuplexEndToEnd : DuplexConversation
{
    private readonly int _window;
    private readonly int _line;
    private readonly byte[] _lines;
    private readonly RequestBuffer _answer = new();
    private readonly Queue<long> _acknowledging = new();

    public DuplexEndToEnd(Requests requests, int bodyLength, int window)
    {
        _window = window;
        byte[] line = [.. "{\"body\":\""u8, .. Scenario.Body(bodyLength), .. "\"}\n"u8];
        _line = line.Length;
        _lines = [.. Enumerable.Repeat(line, window).SelectMany(bytes => bytes)];
        Heads = [requests.DuplexHead("messages/stream"), requests.DuplexHead("consume")];
    }

    public override IReadOnlyList<byte[]> Heads { get; }

    public static Scenario Create(int bodyLength, int window) =>
        new("duplex-e2e", static _ => throw new NotSupportedException())
        {
            OpenDuplex = requests => new DuplexEndToEnd(requests, bodyLength, window),
        };

    public override void Start()
    {
        Connections[1].Send(Encoding.ASCII.GetBytes($"{{\"credit\":{_window}}}\n"));
        Connections[0].Send(_lines);
    }

    public override void Take(DuplexConnection from, ReadOnlySpan<byte> lines, LoadTally tally, bool measuring)
    {
        if (lines.IndexOf("\"problem\""u8) >= 0)
            tally.CountFailure("a line was refused", Encoding.UTF8.GetString(lines[..Math.Min(300, lines.Length)]));
        if (from == Connections[0]) return;
        int messages = 0;
        _answer.Clear().Append("{\"acknowledge\":["u8);
        int done = 0;
        while (!lines.IsEmpty)
        {
            int end = lines.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = lines[..end];
            lines = lines[(end + 1)..];
            ReceiptHandles handles = new(line);
            if (line.StartsWith("{\"acknowledged\""u8))
            {
                while (handles.TryNext(out _)) done++;
            }
            else if (handles.TryNext(out ReadOnlySpan<byte> handle))
            {
                _answer.Append(messages++ == 0 ? "\""u8 : ",\""u8).Append(handle).Append("\""u8);
            }
        }

        Acknowledge(messages);
        Finish(done, tally, measuring);
    }

    private void Acknowledge(int messages)
    {
        if (messages == 0) return;
        long now = Stopwatch.GetTimestamp();
        for (int i = 0; i < messages; i++) _acknowledging.Enqueue(now);
        Span<byte> credit = stackalloc byte[16];
        System.Buffers.Text.Utf8Formatter.TryFormat(messages, credit, out int digits);
        _answer.Append("],\"credit\":"u8).Append(credit[..digits]).Append("}\n"u8);
        Connections[1].Send(_answer.Written.Span);
    }

    private void Finish(int messages, LoadTally tally, bool measuring)
    {
        if (messages == 0) return;
        long now = Stopwatch.GetTimestamp();
        for (int i = 0; i < messages; i++)
        {
            long at = _acknowledging.Dequeue();
            if (measuring) tally.Latencies.Record(now - at);
        }

        if (measuring) tally.CountReply(0, messages);
        Connections[0].Send(_lines.AsSpan(0, messages * _line));
    }
}
