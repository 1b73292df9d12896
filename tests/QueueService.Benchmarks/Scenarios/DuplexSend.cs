using System.Diagnostics;
using System.Text;
using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>Single messages over one <c>messages/stream</c>: so many are on their way at once, and each result is
/// followed by a new message. Latency is from the writing of a message to its result.</summary>
internal sealed class DuplexSend : DuplexConversation
{
    private readonly int _window;
    private readonly int _line;
    private readonly byte[] _lines;
    private readonly Queue<(long At, int Count)> _underway = new();

    public DuplexSend(Requests requests, int bodyLength, int window)
    {
        _window = window;
        byte[] line = [.. "{\"body\":\""u8, .. Scenario.Body(bodyLength), .. "\"}\n"u8];
        _line = line.Length;
        _lines = [.. Enumerable.Repeat(line, window).SelectMany(bytes => bytes)];
        Heads = [requests.DuplexHead("messages/stream")];
    }

    public override IReadOnlyList<byte[]> Heads { get; }

    public static Scenario Create(int bodyLength, int window) =>
        new("duplex-send", static _ => throw new NotSupportedException())
        {
            OpenDuplex = requests => new DuplexSend(requests, bodyLength, window),
        };

    public override void Start() => Send(_window);

    public override void Take(DuplexConnection from, ReadOnlySpan<byte> lines, LoadTally tally, bool measuring)
    {
        int results = lines.Count((byte)'\n');
        if (lines.IndexOf("\"problem\""u8) >= 0)
            tally.CountFailure("a message was refused", Encoding.UTF8.GetString(lines[..Math.Min(300, lines.Length)]));
        long now = Stopwatch.GetTimestamp();
        for (int left = results; left > 0;)
        {
            (long at, int count) = _underway.Peek();
            int taken = Math.Min(left, count);
            if (measuring) tally.Latencies.Record(now - at, taken);
            _underway.Dequeue();
            if (taken < count) Requeue(at, count - taken);
            left -= taken;
        }

        if (measuring) tally.CountReply(0, results);
        Send(results);
    }

    private void Send(int messages)
    {
        if (messages == 0) return;
        _underway.Enqueue((Stopwatch.GetTimestamp(), messages));
        Connections[0].Send(_lines.AsSpan(0, messages * _line));
    }

    /// <summary>The rest of a chunk stays in front.</summary>
    private void Requeue(long at, int count)
    {
        int others = _underway.Count;
        _underway.Enqueue((at, count));
        for (; others > 0; others--) _underway.Enqueue(_underway.Dequeue());
    }
}
