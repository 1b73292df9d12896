namespace QueueService.Storage;

/// <summary>Sizes and times of the engine. The defaults are for a machine with two cores and one disk; the measured
/// ones say what they were measured for.</summary>
public sealed record StorageOptions
{
    /// <summary>Bytes of one journal file. Must hold the largest frame (a batch of 16 MiB) with room to
    /// spare.</summary>
    public int JournalFileBytes { get; init; } = 64 << 20;

    /// <summary>Journal written since the last checkpoint that triggers the next one. With what arrives while a
    /// checkpoint runs, at most 256 MB are replayed after a crash.</summary>
    public long CheckpointJournalBytes { get; init; } = 160 << 20;

    /// <summary>Time since the last checkpoint, in milliseconds, that triggers the next one when anything was written.
    /// </summary>
    public long CheckpointIntervalMilliseconds { get; init; } = 30_000;

    /// <summary>Journal that may exist before new work is refused: the checkpoint cannot keep up.</summary>
    public long MaxJournalBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of recent records kept in memory, over all logs.</summary>
    public long TailCacheBytes { get; init; } = 32 << 20;

    /// <summary>Smallest write to a segment file worth its system call and its file.</summary>
    public int RunBytes { get; init; } = 256 << 10;

    /// <summary>A segment is sealed at this size.</summary>
    public int SegmentBytes { get; init; } = 64 << 20;

    /// <summary>Segment files held open at once, for writing and for reading each: as many as the partitions of a large
    /// stream. Past it all are synced and closed.</summary>
    public int MaxOpenSegments { get; init; } = 1_280;

    /// <summary>State copied per turn of the loop, so that no commit waits long for a checkpoint.</summary>
    public int SliceBytes { get; init; } = 1 << 20;

    /// <summary>Disk space held back so that one checkpoint can be written when the disk is full.</summary>
    public long ReserveBytes { get; init; } = 32 << 20;

    /// <summary>Where segments may go; null: they stay.</summary>
    public Tiering.TierOptions? Tier { get; init; }

    /// <summary>Run the background writer's work inside <see cref="Store.Housekeep"/>: simulations need one thread.
    /// </summary>
    public bool SingleThreaded { get; init; }

    /// <summary>Seeds the store's secret when a store is created; null takes a random one. Simulations set it.
    /// </summary>
    public ulong? Secret { get; init; }
}
