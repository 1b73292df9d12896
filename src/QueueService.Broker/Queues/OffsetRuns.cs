using System.Buffers;

namespace QueueService.Broker.Queues;

/// <summary>Writes ascending offsets as runs, and reads them back.</summary>
internal ref struct OffsetRuns(ReadOnlySpan<byte> bytes, bool withCounts = false)
{
    /// <summary>Bytes that one offset takes at most.</summary>
    public const int MaxBytes = 3 * RecordWriting.MaxVarintBytes;

    private SpanReader _reader = new(bytes);
    private long _end;

    public long First { get; private set; }

    public long Length { get; private set; }

    public int ReceiveCount { get; private set; }

    public static int Write(Span<byte> bytes, ReadOnlySpan<long> offsets, ReadOnlySpan<int> counts = default)
    {
        int used = 0;
        long end = 0;
        for (int i = 0; i < offsets.Length;)
        {
            int next = i + 1;
            while (next < offsets.Length && offsets[next] == offsets[next - 1] + 1
                && (counts.IsEmpty || counts[next] == counts[i])) next++;
            used += RecordWriting.WriteVarint(bytes[used..], (ulong)(offsets[i] - end));
            used += RecordWriting.WriteVarint(bytes[used..], (ulong)(next - i));
            if (!counts.IsEmpty) used += RecordWriting.WriteVarint(bytes[used..], (ulong)counts[i]);
            end = offsets[next - 1] + 1;
            i = next;
        }

        return used;
    }

    /// <summary>Writes one run behind another one.</summary>
    /// <param name="last">The end of the run before; 0 at first.</param>
    /// <returns>The end of this one.</returns>
    public static long Write(IBufferWriter<byte> output, (long From, long To) run, long last)
    {
        output.WriteVarint((ulong)(run.From - last));
        output.WriteVarint((ulong)(run.To - run.From));
        return run.To;
    }

    /// <summary>The same offsets as runs that rise and do not touch each other.</summary>
    public static List<(long From, long To)> Union(IEnumerable<(long From, long To)> runs)
    {
        var union = new List<(long From, long To)>();
        foreach ((long from, long to) in runs.OrderBy(static run => run.From))
        {
            if (union.Count > 0 && from <= union[^1].To) union[^1] = (union[^1].From, Math.Max(union[^1].To, to));
            else union.Add((from, to));
        }

        return union;
    }

    public bool MoveNext()
    {
        if (_reader.IsEmpty) return false;
        First = _end + (long)_reader.ReadVarint();
        Length = (long)_reader.ReadVarint();
        if (withCounts) ReceiveCount = (int)_reader.ReadVarint();
        _end = First + Length;
        return true;
    }
}
