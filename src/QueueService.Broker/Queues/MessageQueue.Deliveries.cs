using System.Buffers;
using QueueService.Broker.Topics;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>What is known about the deliveries of a subscription that hands its messages on.</summary>
internal sealed partial class MessageQueue
{
    private AttemptLog? _delivered;

    /// <summary>Null while none was made.</summary>
    public AttemptLog? Attempts => _delivered;

    /// <summary>Why nothing is delivered until somebody resumes it; null while it is.</summary>
    public string? DisabledReason { get; private set; }

    /// <summary>Since when every attempt fails, Unix milliseconds; 0 when the last one succeeded.</summary>
    public long FailingSince { get; private set; }

    /// <summary>Messages that were given up after the last attempt.</summary>
    public long AbandonedTotal { get; private set; }

    /// <summary>The lowest offset at or above this one of the attempts that are kept.</summary>
    public long NextLiveAttempt(long offset)
    {
        if (_delivered is null) return long.MaxValue;
        offset = Math.Max(offset, _delivered.Floor);
        return offset < _delivered.Log.End ? offset : long.MaxValue;
    }

    private AttemptLog OpenAttempts() => _delivered ??= new AttemptLog(_openLog(Resource, 0));

    private void ApplyDisabled(ReadOnlySpan<byte> payload)
    {
        string reason = new SpanReader(payload).ReadText();
        DisabledReason = reason.Length == 0 ? null : reason;
    }

    /// <summary>Messages that were done with are to be delivered again.</summary>
    private void ApplyRevived(ReadOnlySpan<byte> payload, long time)
    {
        var runs = new OffsetRuns(payload);
        while (runs.MoveNext())
        {
            Lane lane = LaneOf(runs.First);
            for (long position = runs.First; position < runs.First + runs.Length; position++)
            {
                lane.Revive(position);
                var touched = new Touched { Deadline = time };
                _touched.Add(position, touched);
                Index(position, touched);
            }
        }

        // Its group has to be learned again, and the order of its messages with it.
        if (IsFifo) LookAgain();
    }

    private void CaptureDeliveries(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)MissedTotal);
        output.WriteText(DisabledReason ?? "");
        output.WriteVarint((ulong)FailingSince);
        output.WriteVarint((ulong)AbandonedTotal);
        output.WriteVarint(_delivered is null ? 0 : (ulong)_delivered.Floor + 1);
    }

    private void RestoreDeliveries(ref SpanReader input)
    {
        MissedTotal = (long)input.ReadVarint();
        string reason = input.ReadText();
        DisabledReason = reason.Length == 0 ? null : reason;
        FailingSince = (long)input.ReadVarint();
        AbandonedTotal = (long)input.ReadVarint();
        if (input.ReadVarint() is var floor and > 0) OpenAttempts().TrimTo((long)floor - 1);
    }
}
