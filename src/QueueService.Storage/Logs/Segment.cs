using QueueService.Storage.Files;
using QueueService.Storage.Tiering;

namespace QueueService.Storage.Logs;

/// <summary>What is published of a segment: bytes beyond <see cref="Length"/> do not exist for readers.</summary>
internal sealed record SegmentExtent(int Length, long FirstOffset, long LastOffset, long MaxTime, int Records);

/// <summary>
/// One file of a log. The background writer appends to the newest one; everyone else reads what has been published.
/// </summary>
internal sealed class Segment(
    SegmentFiles files, LogId log, long baseOffset, uint salt, SegmentExtent extent, bool isNew)
{
    private static readonly Comparer<SegmentPoint> ByPosition =
        Comparer<SegmentPoint>.Create(static (one, other) => one.Position.CompareTo(other.Position));

    private SegmentExtent _extent = extent;
    private BlockTable? _table;
    private int _holds;
    private OffsetSet? _offsets;
    private readonly SparseIndex? _index = isNew ? new SparseIndex() : null;
    private SegmentPoint[] _points = [];

    public LogId Log => log;

    public long BaseOffset => baseOffset;

    public uint Salt => salt;

    public bool IsNew => isNew;

    /// <summary>It is not a file here but an object there; null while it is a file.</summary>
    public RemoteObject? Remote { get; init; }

    /// <summary>Of an object; null until it was asked for.</summary>
    public BlockTable? Table
    {
        get => Volatile.Read(ref _table);
        set => Volatile.Write(ref _table, value);
    }

    /// <summary>Of a copy of a block of an object: where it comes from. What is wrong with it is wrong with the copy.
    /// </summary>
    public RemoteObject? Source { get; init; }

    public bool IsCopy => Source is not null;

    /// <summary>Found when it was read. A file does not leave, and a copy is thrown away.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>0 for a segment as it was spilled; a rewritten one has one more than those that it replaces.</summary>
    public int Generation { get; init; }

    /// <summary>When the older records of its tombstones were taken, Unix milliseconds; 0 at generation 0.</summary>
    public long CleanedAt { get; init; }

    /// <summary>Of a rewritten segment: those whose time was not over when it was written.</summary>
    public int Tombstones { get; set; }

    /// <summary>Of a copy of a block it is given.</summary>
    public string Path
    {
        get => field ??= SegmentFormat.PathOf(log, baseOffset, Generation);
        init;
    }

    public SegmentExtent Extent => Volatile.Read(ref _extent);

    /// <summary>For <see cref="SegmentFiles"/>, under its lock.</summary>
    internal IFile? OpenFile { get; set; }

    internal int Users { get; set; }

    internal bool Retired { get; set; }

    internal LinkedListNode<Segment>? Place { get; set; }

    /// <summary>Somebody will read a record that the log may have dropped by then: the file stays.</summary>
    public bool IsHeld => Volatile.Read(ref _holds) > 0;

    public void Hold() => Interlocked.Increment(ref _holds);

    public void EndHold() => Interlocked.Decrement(ref _holds);

    public void Publish(SegmentExtent extent) => Volatile.Write(ref _extent, extent);

    /// <summary>Of a rewritten segment: which offsets it has. Null when it was not looked up yet in this process
    /// (<see cref="LoadOffsets"/>), and at generation 0, where none is missing.</summary>
    public OffsetSet? Offsets
    {
        get => Volatile.Read(ref _offsets);
        set => Volatile.Write(ref _offsets, value);
    }

    /// <summary>Reads the whole file. Outside the loop.</summary>
    public void LoadOffsets()
    {
        if (Offsets is not null) return;
        using SegmentLease lease = Acquire();
        Offsets = SegmentScan.ReadOffsets(lease.File, Extent, salt);
    }

    /// <summary>The place to start reading from to find this offset: by the index that the writer of this process
    /// keeps, else by looking.</summary>
    public int FindOffset(IFile file, long offset) =>
        _index?.FindOffset(offset) ?? SegmentSearch.FindOffset(file, this, offset);

    /// <summary>The place to start reading from to find the first record of this time or later.</summary>
    public int FindTime(IFile file, long time) =>
        _index?.FindTime(time) ?? SegmentSearch.FindTime(file, this, time);

    /// <summary>What searches found, by position. Any thread.</summary>
    public SegmentPoint[] Points => Volatile.Read(ref _points);

    /// <summary>What two searches find at once, one of them finds again.</summary>
    public void Learn(SegmentPoint point)
    {
        SegmentPoint[] known = Points;
        int place = Array.BinarySearch(known, point, ByPosition);
        if (place >= 0) return;
        Volatile.Write(ref _points, [.. known[..~place], point, .. known[~place..]]);
    }

    /// <summary>The index of a segment of this process, for its writer.</summary>
    public SparseIndex NewIndex => _index!;

    public SegmentLease Acquire() => files.Acquire(this);
}

/// <summary>The file of one record, which stays readable until it is released, also when the log drops the record.
/// Release it once.</summary>
public readonly struct HeldSegment
{
    internal HeldSegment(Segment segment) => Segment = segment;

    internal Segment? Segment { get; }

    public bool IsHeld => Segment is not null;

    /// <summary>It has to be fetched before it can be read (<see cref="Tier.Fetch"/>).</summary>
    public bool IsRemote => Segment?.Remote is not null;

    /// <summary>Records of it are damaged on the local disk.</summary>
    public void MarkDamaged() => Segment!.IsDamaged = true;

    /// <summary>How often it was rewritten.</summary>
    public int Generation => Segment?.Generation ?? 0;

    public void Release() => Segment?.EndHold();
}
