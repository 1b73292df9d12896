using System.Buffers;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Queues;

/// <summary>Which messages a subscription delivers again on purpose.</summary>
internal sealed partial class MessageQueue
{
    /// <summary>Null when nothing was asked for since the cursor was set last.</summary>
    public ReplayRanges? Replay { get; private set; }

    private void ApplyReplayBegun(ReadOnlySpan<byte> payload, long time)
    {
        var reader = new SpanReader(payload);
        Replay = ReadReplay(ref reader, time);
    }

    private static ReplayRanges ReadReplay(ref SpanReader input, long startedAt)
    {
        long from = (long)input.ReadVarint();
        long? until = input.ReadVarint() is > 0 and var given ? (long)given - 1 : null;
        var ranges = new (long From, long To)[input.ReadVarint()];
        for (int i = 0; i < ranges.Length; i++) ranges[i] = ((long)input.ReadVarint(), (long)input.ReadVarint());
        return new ReplayRanges(new ReplayRequest(from, until), startedAt, ranges);
    }

    public static void WriteReplay(
        IBufferWriter<byte> output, ReplayRequest request, ReadOnlySpan<(long From, long To)> ranges)
    {
        output.WriteVarint((ulong)request.From);
        output.WriteVarint((ulong)(request.Until + 1 ?? 0));
        output.WriteVarint((ulong)ranges.Length);
        foreach ((long from, long to) in ranges)
        {
            output.WriteVarint((ulong)from);
            output.WriteVarint((ulong)to);
        }
    }

    private void CaptureReplay(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)(Replay?.StartedAt ?? 0));
        if (Replay is not null) WriteReplay(output, Replay.Request, Replay.Ranges);
    }

    private void RestoreReplay(ref SpanReader input)
    {
        if (input.ReadVarint() is > 0 and var startedAt) Replay = ReadReplay(ref input, (long)startedAt);
    }
}
