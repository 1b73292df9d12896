using System.Buffers;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Topics;

/// <summary>A snapshot in the state of its subscription: where each lane had its floor, and the runs above it that were
/// done with.</summary>
/// <param name="Sequence">Of the frame that took it: no other one of this subscription has it.</param>
/// <param name="IsFiltered">What the filter did not let through is not told from what was acknowledged.</param>
/// <param name="Places">varint lanes, a varint floor (a position) for each, then runs.</param>
internal sealed record KeptCursor(ulong Sequence, long TakenAt, long ExpiresAt, bool IsFiltered, byte[] Places)
{
    /// <summary>Writes the places of a subscription as they are now.</summary>
    /// <returns>False when they would take more bytes than this.</returns>
    public static bool TryWritePlaces(MessageQueue subscription, ArrayBufferWriter<byte> output, int maxBytes)
    {
        int end = output.WrittenCount + maxBytes;
        output.WriteVarint((ulong)subscription.Lanes.Count);
        foreach (Lane lane in subscription.Lanes) output.WriteVarint((ulong)lane.Floor);
        long last = 0;
        foreach (Lane lane in subscription.Lanes)
        {
            foreach ((long from, long to) in lane.FinishedAhead())
            {
                last = OffsetRuns.Write(output, (from, to), last);
                if (output.WrittenCount > end) return false;
            }
        }

        return output.WrittenCount <= end;
    }

    /// <summary>The floor of a lane; its first position when nobody knew of it then.</summary>
    public long StartIn(int lane)
    {
        var reader = new SpanReader(Places);
        for (ulong lanes = reader.ReadVarint(); lanes > 0; lanes--)
        {
            long floor = (long)reader.ReadVarint();
            if (Position.LaneOf(floor) == lane) return floor;
        }

        return Position.First(lane);
    }

    /// <summary>What was done with above the floors.</summary>
    public List<(long From, long To)> Finished()
    {
        var reader = new SpanReader(Places);
        for (ulong lanes = reader.ReadVarint(); lanes > 0; lanes--) reader.ReadVarint();
        var finished = new List<(long, long)>();
        var runs = new OffsetRuns(reader.Rest);
        while (runs.MoveNext()) finished.Add((runs.First, runs.First + runs.Length));
        return finished;
    }

    public void Write(IBufferWriter<byte> output)
    {
        output.WriteVarint(Sequence);
        output.WriteVarint((ulong)TakenAt);
        output.WriteVarint((ulong)ExpiresAt);
        output.WriteVarint(IsFiltered ? 1UL : 0UL);
        output.WriteVarint((ulong)Places.Length);
        output.Write(Places);
    }

    public static KeptCursor Read(ref SpanReader input) => new(
        input.ReadVarint(), (long)input.ReadVarint(), (long)input.ReadVarint(), input.ReadVarint() == 1,
        input.ReadBytes((int)input.ReadVarint()).ToArray());
}
