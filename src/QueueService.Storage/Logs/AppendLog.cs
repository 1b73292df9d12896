using QueueService.Storage.Tiering;

namespace QueueService.Storage.Logs;

/// <summary>
/// The committed records of one log, by offset: the newest in memory (chunks), the rest in segment files. Owned by the
/// thread that owns the <see cref="Store"/>; what is on disk may be read from any thread through a
/// <see cref="SegmentReader"/>.
/// </summary>
public sealed partial class AppendLog
{
    private const int MaxFilledHole = 1024;

    private readonly TailCache _cache;
    private readonly List<TailChunk> _chunks = [];
    private Segment[] _segments;
    private int _nextCapacity = TailCache.SmallestSlab;

    internal AppendLog(LogId id, TailCache cache, Segment[] segments, long end)
    {
        Id = id;
        _cache = cache;
        _segments = segments;
        End = end;
        SpilledEnd = segments.Length > 0 ? segments[^1].Extent.LastOffset + 1 : 0;
    }

    public LogId Id { get; }

    /// <summary>The offset of the next record.</summary>
    public long End { get; private set; }

    /// <summary>Everything below is in segments, or was dropped.</summary>
    internal long SpilledEnd { get; private set; }

    internal List<TailChunk> Chunks => _chunks;

    /// <summary>The background writer holds a spill of this log: the next one waits, so that order is kept.</summary>
    internal bool SpillInFlight { get; set; }

    internal bool Deleted { get; set; }

    internal Segment[] Segments => Volatile.Read(ref _segments);

    /// <summary>Adds a committed-to-be record; answers its offset.</summary>
    public long Append(long time, ReadOnlySpan<byte> payload)
    {
        TailChunk? last = ActiveChunk();
        if (last is null || !last.TryAppend(time, payload)) AddChunk(payload.Length).TryAppend(time, payload);
        return End++;
    }

    /// <summary>Leaves offsets out: after an unclean start a lost offset must not be given again.</summary>
    public void SkipTo(long offset)
    {
        if (offset <= End) return;
        SealActive();
        End = offset;
    }

    /// <summary>Holds a record that is in memory; answers false when it is on disk or not there.</summary>
    public bool TryPin(long offset, out PinnedRecord record)
    {
        int at = FindChunk(offset);
        record = default;
        if (at < 0) return false;
        int index = (int)(offset - _chunks[at].BaseOffset);
        if (_chunks[at].IsHole(index)) return false;
        record = _chunks[at].Pin(index);
        return true;
    }

    /// <summary>Holds the file of a record that is on disk; for the owner's thread.</summary>
    public bool TryHold(long offset, out HeldSegment held)
    {
        held = default;
        if (FindSegment(offset) is not { } segment) return false;
        segment.Hold();
        held = new HeldSegment(segment);
        return true;
    }

    /// <summary>The size of a record that is in memory, without holding it.</summary>
    public bool TryGetLength(long offset, out int length)
    {
        int at = FindChunk(offset);
        length = at >= 0 ? _chunks[at].PayloadLength((int)(offset - _chunks[at].BaseOffset)) : 0;
        return at >= 0;
    }

    /// <summary>Forgets everything below this offset: segments that lie below it are deleted with the next checkpoints.
    /// </summary>
    public void Trim(long floor)
    {
        int whole = 0;
        while (whole < _chunks.Count && _chunks[whole].EndOffset <= floor)
        {
            TailChunk chunk = _chunks[whole];
            if (chunk.State == ChunkState.Active)
            {
                // The last chunk, and nothing in it is needed: use it again unless it is large or being read.
                if (chunk.Capacity <= 4 * TailCache.SmallestSlab && chunk.TryReset(End)) break;
                _nextCapacity = Math.Min(_nextCapacity, 4 * TailCache.SmallestSlab);
            }

            chunk.Release();
            whole++;
        }

        if (whole == 0) return;
        _chunks.RemoveRange(0, whole);
        if (_chunks.Count == 0) _cache.LogsInMemory--;
    }

    /// <summary>A size to expect of one record of this log, for bounding answers before they are read.</summary>
    public int AverageRecordBytes()
    {
        Segment[] segments = Segments;
        if (segments.Length == 0) return 0;
        SegmentExtent extent = segments[^1].Extent;
        return extent.Records == 0 ? 0 : extent.Length / extent.Records;
    }

    /// <summary>The lowest offset whose record has this time or a later one; <see cref="End"/> when there is none.
    /// Answers from memory; for records on disk it reads, so call it outside the loop with
    /// <see cref="FindTimeOnDisk"/>.</summary>
    public bool TryFindTimeInMemory(long time, out long offset)
    {
        offset = End;
        for (int i = _chunks.Count - 1; i >= 0; i--)
        {
            TailChunk chunk = _chunks[i];
            if (chunk.Count == 0) continue;
            if (chunk.Time(0) >= time)
            {
                offset = chunk.BaseOffset;
                continue;
            }

            int index = chunk.Count - 1;
            while (index >= 0 && chunk.Time(index) >= time) index--;
            if (index < chunk.Count - 1) offset = chunk.BaseOffset + index + 1;
            return true;
        }

        return Segments.Length == 0;
    }

    /// <summary>As above, for what is on disk; null when every record there is older. Of a segment in the object store
    /// it answers the first record: <see cref="Tier.FindTime"/> looks into it. Any thread.</summary>
    public long? FindTimeOnDisk(long time)
    {
        foreach (Segment segment in Segments)
        {
            if (segment.Extent.MaxTime < time) continue;
            long? found = segment.Remote is null ? FindTime(segment, time) : segment.Extent.FirstOffset;
            if (found is not null) return found;
        }

        return null;
    }

    /// <summary>The time of the first record of the segment that has this offset, Unix milliseconds, when that is in
    /// the object store: as much as can be said of the record without a read. Any thread.</summary>
    public bool TryGetRemoteTime(long offset, out long time)
    {
        time = FindSegment(offset)?.Remote?.FirstTime ?? 0;
        return time > 0;
    }

    /// <summary>Records from this offset on are in the object store. Any thread.</summary>
    public bool HasRemoteFrom(long offset) =>
        Segments.Any(segment => segment.Remote is not null && segment.Extent.LastOffset >= offset);

    internal static long? FindTime(Segment segment, long time)
    {
        SegmentExtent extent = segment.Extent;
        long? found = null;
        try
        {
            using SegmentLease lease = segment.Acquire();
            int position = segment.FindTime(lease.File, time);

            // A spill that failed leaves entries behind that point past the published end.
            if (position >= extent.Length) position = SegmentFormat.HeaderBytes;
            SegmentScan.Visit(lease.File, extent, segment.Salt, position, (_, offset, here, _) =>
                {
                    if (here < time) return true;
                    found = offset;
                    return false;
                });
        }
        catch (FileNotFoundException)
        {
            // Trimmed meanwhile: the next one is asked.
        }

        return found;
    }

    /// <summary>The segment that may hold this offset. Any thread.</summary>
    internal Segment? FindSegment(long offset)
    {
        Segment[] segments = Segments;
        int low = 0;
        int high = segments.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (segments[middle].Extent.LastOffset < offset) low = middle + 1;
            else high = middle;
        }

        return low < segments.Length && segments[low].Extent.FirstOffset <= offset ? segments[low] : null;
    }

    /// <summary>Bytes of records that wait for their segment.</summary>
    internal long BytesToSpill()
    {
        long bytes = 0;
        foreach (TailChunk chunk in _chunks) bytes += chunk.State == ChunkState.Sealed ? chunk.Used : 0;
        return bytes;
    }

    /// <summary>The same, with those that may still get company in their chunk.</summary>
    internal long UnspilledBytes()
    {
        long bytes = 0;
        foreach (TailChunk chunk in _chunks)
            bytes += chunk.State is ChunkState.Sealed or ChunkState.Active ? chunk.Used : 0;
        return bytes;
    }

    internal void SealActive()
    {
        if (_chunks.Count == 0 || _chunks[^1].State != ChunkState.Active) return;
        _chunks[^1].State = ChunkState.Sealed;
        _cache.LogsToSpill.Add(this);
    }

    /// <summary>Shows readers a segment that a spill began.</summary>
    internal void AddSegment(Segment segment) => Volatile.Write(ref _segments, [.. _segments, segment]);

    /// <summary>The live records of this chunk are in segments that readers see: its memory is a cache now.</summary>
    internal void MarkSpilled(TailChunk chunk)
    {
        chunk.State = ChunkState.Spilled;
        SpilledEnd = Math.Max(SpilledEnd, chunk.EndOffset);
    }

    /// <summary>Gives the memory of one spilled chunk back; answers false when the log no longer has it.</summary>
    internal bool Evict(TailChunk chunk)
    {
        if (!_chunks.Remove(chunk)) return false;
        if (_chunks.Count == 0) _cache.LogsInMemory--;
        chunk.Release();
        return true;
    }

    /// <summary>The same records are elsewhere from now on. Answers false when the log does not have the
    /// segment.</summary>
    internal bool Replace(Segment segment, Segment by)
    {
        if (Array.IndexOf(_segments, segment) < 0) return false;
        Volatile.Write(ref _segments, [.. _segments.Select(one => one == segment ? by : one)]);
        return true;
    }

    internal void RemoveSegments(IReadOnlyCollection<Segment> dead) =>
        Volatile.Write(ref _segments, [.. _segments.Where(segment => !dead.Contains(segment))]);

    /// <summary>Puts a record back that rode in a snapshot. Small holes before it take a place in the chunk each: a
    /// chunk per hole would cost more.</summary>
    internal void Restore(long offset, long time, ReadOnlySpan<byte> payload)
    {
        if (offset - End > MaxFilledHole)
        {
            SkipTo(offset);
            _nextCapacity = TailCache.SmallestSlab;
        }

        while (End < offset)
        {
            TailChunk? last = ActiveChunk();
            if (last is null || !last.TryAppendHole(time)) AddChunk(0).TryAppendHole(time);
            End++;
        }

        Append(time, payload);
    }

    internal void Release()
    {
        if (_chunks.Count > 0) _cache.LogsInMemory--;
        foreach (TailChunk chunk in _chunks) chunk.Release();
        _chunks.Clear();
    }

    private TailChunk? ActiveChunk() =>
        _chunks.Count > 0 && _chunks[^1].State == ChunkState.Active ? _chunks[^1] : null;

    private TailChunk AddChunk(int payload)
    {
        SealActive();
        int capacity = Math.Min(_nextCapacity, _cache.LargestShare);
        TailChunk added = _cache.Rent(Math.Max(capacity, TailChunk.CapacityFor(payload)), End);
        _nextCapacity = Math.Min(added.Capacity * 2, TailCache.LargestSlab);
        if (_chunks.Count == 0) _cache.LogsInMemory++;
        _chunks.Add(added);
        return added;
    }

    private int FindChunk(long offset)
    {
        int low = 0;
        int high = _chunks.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            TailChunk chunk = _chunks[middle];
            if (offset < chunk.BaseOffset) high = middle - 1;
            else if (offset >= chunk.EndOffset) low = middle + 1;
            else return middle;
        }

        return -1;
    }
}
