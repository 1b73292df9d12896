using QueueService.Storage.Logs;

namespace QueueService.Storage.Compaction;

/// <summary>The sealed segments of a log when a pass begins: first the clean ones, which were rewritten before, then
/// the dirty ones.</summary>
/// <param name="newest">The last offset of the log: its record stays, whatever it is.</param>
internal sealed class CompactionSources(
    CompactionRequest request, IReadOnlyList<Segment> sealedOnes, long newest, ulong secret)
{
    /// <summary>A group takes its size once more on the disk while it is written.</summary>
    private const long MaxGroupBytes = 256L << 20;
    private const long Fresh = long.MaxValue;
    private const long Settled = 0;

    private readonly int _clean = CleanOf(sealedOnes);

    public CompactionRequest Request => request;

    public long Newest => newest;

    public IReadOnlyList<Segment> Dirty { get; } = [.. sealedOnes.Skip(CleanOf(sealedOnes))];

    public long DirtyRecords => Dirty.Sum(static segment => (long)segment.Extent.Records);

    public int LargestDirty => Dirty.Count == 0 ? 0 : Dirty.Max(static segment => segment.Extent.Records);

    public bool HasDeadTombstones => sealedOnes.Take(_clean).Any(HasDead);

    /// <summary>There is something to do.</summary>
    public bool HasWork => HasDeadTombstones || (Dirty.Count > 0 && Dirty[0].Extent.MaxTime <= request.Horizon);

    /// <summary>How many of the segments, from the first on, were rewritten.</summary>
    public static int CleanOf(IReadOnlyList<Segment> segments)
    {
        int clean = 0;
        while (clean < segments.Count && segments[clean].Generation > 0) clean++;
        return clean;
    }

    /// <summary>Which segments are replaced together, and become one or a few. Not together: tombstones that were
    /// cleaned at different times, and go at different times.</summary>
    /// <param name="dirty">So many dirty ones.</param>
    public List<CompactionGroup> Group(int dirty)
    {
        var groups = new List<CompactionGroup>();
        long bytes = 0;
        foreach (Segment segment in sealedOnes.Take(_clean + dirty))
        {
            long waits = WaitsSince(segment);
            CompactionGroup? last = groups.Count > 0 ? groups[^1] : null;

            if (last is null || last.WaitsSince != waits || bytes >= MaxGroupBytes)
            {
                groups.Add(last = new CompactionGroup(waits));
                bytes = 0;
            }

            bytes += segment.Extent.Length;
            last.Sources.Add(segment);
        }

        // Nothing is superseded anew: then only tombstones go.
        return dirty > 0 ? groups : [.. groups.Where(group => group.Sources.Any(HasDead))];
    }

    public Segment NewSegment(SegmentFiles handles, CompactionGroup group, long first)
    {
        LogId log = group.Sources[0].Log;
        int generation = group.Sources.Max(static source => source.Generation) + 1;
        var extent = new SegmentExtent(SegmentFormat.HeaderBytes, first, first - 1, long.MinValue, 0);
        return new Segment(
            handles, log, first, SegmentFormat.SaltOf(secret, log, first, generation), extent, isNew: true)
        {
            Generation = generation,
            CleanedAt = group.WaitsSince switch
            {
                Fresh => request.Now,
                Settled => group.Sources.Max(static source => source.CleanedAt),
                var since => since,
            },
        };
    }

    private long WaitsSince(Segment segment) => segment.Generation == 0 ? Fresh
        : segment.Tombstones == 0 || segment.CleanedAt <= request.TombstoneHorizon ? Settled : segment.CleanedAt;

    private bool HasDead(Segment segment) =>
        segment.Tombstones > 0 && segment.CleanedAt <= request.TombstoneHorizon;
}

/// <summary>Neighbours that are replaced at once.</summary>
/// <param name="waitsSince">What they have in common: dirty, settled, or when they were cleaned.</param>
internal sealed class CompactionGroup(long waitsSince)
{
    public long WaitsSince => waitsSince;

    public List<Segment> Sources { get; } = [];

    /// <summary>None when all records were dropped.</summary>
    public List<Segment> Outputs { get; } = [];
}
