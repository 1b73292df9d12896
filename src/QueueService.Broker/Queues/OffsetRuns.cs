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
