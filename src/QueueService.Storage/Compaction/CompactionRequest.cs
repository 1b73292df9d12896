namespace QueueService.Storage.Compaction;

/// <summary>What a pass of compaction may take from a log. Instants are Unix milliseconds of shard time.</summary>
/// <param name="Now">Of the pass.</param>
/// <param name="Horizon">A record that is younger than this supersedes nothing.</param>
/// <param name="TombstoneHorizon">Tombstones go whose older records were taken at this time or before.</param>
public sealed record CompactionRequest(long Now, long Horizon, long TombstoneHorizon, KeyReader KeyOf)
{
    /// <summary>What is in memory and in the newest segment takes part: it is spilled, and the segment
    /// sealed.</summary>
    public bool SealsTail { get; init; }
}

/// <summary>What became of a pass.</summary>
/// <param name="BytesBefore">Of the segments that were replaced.</param>
/// <param name="BytesAfter">Of those that replaced them.</param>
/// <param name="Dropped">Records.</param>
public sealed record CompactionOutcome(long BytesBefore, long BytesAfter, long Dropped)
{
    /// <summary>Why the pass ended early; null when it did not. What was replaced before stays, the rest is as it was.
    /// </summary>
    public Exception? Failure { get; init; }
}

/// <summary>What a log holds, as compaction sees it.</summary>
/// <param name="CleanBytes">In segments that were rewritten.</param>
/// <param name="DirtyBytes">In segments behind these, sealed or not, and in memory only.</param>
/// <param name="TailBytes">The part of the dirty ones that a pass cannot take without sealing.</param>
/// <param name="LastCompaction">When a pass wrote one of its segments last, Unix milliseconds; 0 when none has.</param>
public readonly record struct LogUsage(long CleanBytes, long DirtyBytes, long TailBytes, long LastCompaction)
{
    /// <summary>Bytes of dirty segments without a record that is younger than the horizon.</summary>
    public long ReadyBytes { get; init; }

    /// <summary>The latest time in the oldest dirty segment, or the first one in memory, Unix milliseconds;
    /// long.MaxValue when there is none.</summary>
    public long OldestDirty { get; init; }

    /// <summary>A dirty segment waits for the horizon to pass it.</summary>
    public bool IsRipening { get; init; }

    /// <summary>There are tombstones whose time is over.</summary>
    public bool HasDeadTombstones { get; init; }
}

/// <summary>A record of a segment is damaged, so nothing of it may be rewritten.</summary>
public sealed class DamagedSegmentException(string path) : IOException($"{path} is damaged.");
