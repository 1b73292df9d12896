namespace QueueService.Storage.Logs;

/// <summary>
/// Where records lie in a segment: one entry about every 4 KiB, with the record's offset, its place and the latest time
/// up to it, so one search serves offsets and another serves times. One thread appends while others search.
/// </summary>
internal sealed class SparseIndex
{
    /// <summary>Bytes of segment per entry: a search ends in one page of the file.</summary>
    public const int Spacing = 4096;

    private Entry[] _entries = new Entry[16];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add(long offset, long maxTime, int position)
    {
        int count = _count;
        if (count == _entries.Length)
        {
            // A new array holds everything of the old one, so a reader may see either.
            var larger = new Entry[count * 2];
            _entries.CopyTo(larger, 0);
            Volatile.Write(ref _entries, larger);
        }

        _entries[count] = new Entry(offset, maxTime, position);
        Volatile.Write(ref _count, count + 1);
    }

    /// <summary>The place to start reading from to find this offset.</summary>
    public int FindOffset(long offset)
    {
        int count = Volatile.Read(ref _count);
        Entry[] entries = Volatile.Read(ref _entries);
        int low = 0;
        int high = count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (entries[middle].Offset <= offset) low = middle + 1;
            else high = middle;
        }

        return low == 0 ? SegmentFormat.HeaderBytes : entries[low - 1].Position;
    }

    /// <summary>The place to start reading from to find the first record of this time or later.</summary>
    public int FindTime(long time)
    {
        int count = Volatile.Read(ref _count);
        Entry[] entries = Volatile.Read(ref _entries);
        int low = 0;
        int high = count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (entries[middle].MaxTime < time) low = middle + 1;
            else high = middle;
        }

        return low == 0 ? SegmentFormat.HeaderBytes : entries[low - 1].Position;
    }

    private readonly record struct Entry(long Offset, long MaxTime, int Position);
}
