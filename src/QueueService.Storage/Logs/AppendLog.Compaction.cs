using QueueService.Storage.Compaction;

namespace QueueService.Storage.Logs;

/// <summary>What compaction makes of a log: segments with holes, which readers pass without looking into
/// files.</summary>
public sealed partial class AppendLog
{
    /// <summary>The segment that spills append to; null when the next one starts another. On the loop.</summary>
    internal Segment? Growing { get; set; }

    /// <summary>Some of its offsets may have no record, because newer ones have their keys.</summary>
    public bool IsCompacted => Segments is [{ Generation: > 0 }, ..];

    /// <summary>The lowest offset at or above this one that has a record, as far as segments go. For the owner's
    /// thread.</summary>
    /// <param name="unknown">The segment whose records are not known yet in this process, when the answer is false:
    /// after <see cref="LoadOffsets"/>, ask again.</param>
    public bool TryFindPresent(long offset, out long present, out HeldSegment unknown)
    {
        unknown = default;
        Segment[] segments = Segments;
        int at = 0;
        for (int high = segments.Length; at < high;)
        {
            int middle = (at + high) >>> 1;
            if (segments[middle].Extent.LastOffset < offset) at = middle + 1;
            else high = middle;
        }

        if (at == segments.Length)
        {
            present = FirstInMemory(offset);
            return true;
        }

        present = Math.Max(offset, segments[at].BaseOffset);
        if (segments[at].Generation == 0) return true;
        if (segments[at].Offsets is { } offsets)
        {
            present = offsets.NextFrom(present);
            return true;
        }

        segments[at].Hold();
        unknown = new HeldSegment(segments[at]);
        return false;
    }

    /// <summary>Reads which records a segment has. Takes the time of reading the file; not for the owner's thread.
    /// </summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public static void LoadOffsets(in HeldSegment segment) => segment.Segment?.LoadOffsets();

    /// <summary>The lowest offset at or above this one that has a record on disk; it may read a file for that. Any
    /// thread.</summary>
    public long NextOnDisk(long offset)
    {
        foreach (Segment segment in Segments)
        {
            if (segment.Extent.LastOffset < offset) continue;
            long first = Math.Max(offset, segment.BaseOffset);
            if (segment.Generation == 0) return first;
            try
            {
                segment.LoadOffsets();
                return segment.Offsets!.NextFrom(first);
            }
            catch (FileNotFoundException)
            {
                // Trimmed or replaced meanwhile: then it is not what the caller asks about.
                return first;
            }
        }

        return offset;
    }

    /// <summary>What it holds, as compaction sees it. For the owner's thread.</summary>
    public LogUsage Usage(CompactionRequest request)
    {
        Segment[] segments = Segments;
        int clean = CompactionSources.CleanOf(segments);
        long tail = UnspilledBytes() + SpillingBytes();
        long ready = 0;
        bool ripens = false;
        foreach (Segment segment in segments.AsSpan(clean))
        {
            if (segment == Growing) tail += segment.Extent.Length;
            else if (!ripens && segment.Extent.MaxTime <= request.Horizon) ready += segment.Extent.Length;
            else ripens = true;
        }

        return new LogUsage(
            segments.Take(clean).Sum(static segment => (long)segment.Extent.Length),
            segments.Skip(clean).Sum(static segment => (long)segment.Extent.Length) + UnspilledBytes() +
                SpillingBytes(),
            tail,
            segments.Take(clean).Select(static segment => segment.CleanedAt).DefaultIfEmpty(0).Max())
        {
            ReadyBytes = ready,
            IsRipening = ripens,
            OldestDirty = clean < segments.Length ? segments[clean].Extent.MaxTime : OldestInMemory(),
            HasDeadTombstones = segments.Take(clean).Any(segment =>
                segment.Tombstones > 0 && segment.CleanedAt <= request.TombstoneHorizon),
        };
    }

    /// <summary>Where the log can begin and still hold so many bytes: it goes in whole segments. For the owner's
    /// thread.</summary>
    public long FloorFor(long bytes)
    {
        long held = StoredBytes();
        long floor = 0;
        foreach (Segment segment in Segments)
        {
            held -= segment.Extent.Length;
            if (segment == Growing || held < bytes) break;
            floor = segment.Extent.LastOffset + 1;
        }

        return floor;
    }

    /// <summary>Bytes of its segments, and of what is in memory only. For the owner's thread.</summary>
    public long StoredBytes() =>
        Segments.Sum(static segment => (long)segment.Extent.Length) + UnspilledBytes() + SpillingBytes();

    /// <summary>Everything below is in segments that no spill appends to.</summary>
    internal bool HasUnspilledBelow(long offset)
    {
        foreach (TailChunk chunk in _chunks)
            if (chunk.State != ChunkState.Spilled && chunk.Count > 0 && chunk.BaseOffset < offset) return true;
        return false;
    }

    /// <summary>Shows readers the rewritten segments instead of these; answers false when these are not there any more.
    /// </summary>
    internal bool TryReplace(IReadOnlyList<Segment> sources, IReadOnlyList<Segment> outputs)
    {
        Segment[] segments = Segments;
        int at = Array.IndexOf(segments, sources[0]);
        if (at < 0 || at + sources.Count > segments.Length) return false;
        for (int i = 0; i < sources.Count; i++)
            if (segments[at + i] != sources[i]) return false;
        Volatile.Write(ref _segments, [.. segments[..at], .. outputs, .. segments[(at + sources.Count)..]]);

        // Memory still has what was dropped.
        long end = sources[^1].Extent.LastOffset + 1;
        TailChunk[] stale =
            [.. _chunks.Where(chunk => chunk.State == ChunkState.Spilled && chunk.EndOffset <= end)];
        foreach (TailChunk chunk in stale) Evict(chunk);
        return true;
    }

    private long OldestInMemory()
    {
        foreach (TailChunk chunk in _chunks)
            if (chunk.State != ChunkState.Spilled && chunk.Count > 0) return chunk.Time(0);
        return long.MaxValue;
    }

    private long FirstInMemory(long offset)
    {
        foreach (TailChunk chunk in _chunks)
        {
            // A snapshot leaves out what compaction had taken, and what follows it shares a chunk with the hole.
            offset = Math.Max(offset, chunk.BaseOffset);
            for (; offset < chunk.EndOffset; offset++)
                if (!chunk.IsHole((int)(offset - chunk.BaseOffset))) return offset;
        }

        return Math.Max(offset, End);
    }

    private long SpillingBytes()
    {
        long bytes = 0;
        foreach (TailChunk chunk in _chunks) bytes += chunk.State == ChunkState.Spilling ? chunk.Used : 0;
        return bytes;
    }
}
