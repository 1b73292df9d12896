using QueueService.Broker.Queues;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Streams.Groups;

/// <summary>Offsets of partitions: the first one that is not done with, each.</summary>
public sealed class PartitionOffsets : SortedDictionary<int, long>
{
}

/// <summary>What a member of a group asks for.</summary>
/// <param name="Member">Its name, of the form of a queue's.</param>
/// <param name="Max">0, a heartbeat, to <see cref="StreamLimits.MaxRecordsPerRead"/>.</param>
public sealed record PollRequest(string Member, int Max)
{
    /// <summary>0 to 60,000; 0 for a heartbeat.</summary>
    public int WaitMilliseconds { get; init; }

    /// <summary>Of a process that keeps its partitions when it comes back under another name.</summary>
    public string? InstanceId { get; init; }

    /// <summary>Null leaves it as it is, at first that of the group.</summary>
    public int? SessionTimeoutSeconds { get; init; }

    /// <summary>Of the last answer that the member knows of: it has given up what that one revoked.</summary>
    public long? Generation { get; init; }

    /// <summary>Where to read instead of at the committed offsets; needs the generation in which they were reached.
    /// </summary>
    public PartitionOffsets? Positions { get; init; }

    /// <summary>Committed before anything is read.</summary>
    public PartitionOffsets? Commit { get; init; }

    /// <summary>What is answered is committed with the answer.</summary>
    public bool AutoCommit { get; init; }
}

/// <summary>Records that were not kept until they were read.</summary>
/// <param name="To">The first one that is there.</param>
public readonly record struct RecordGap(int Partition, long From, long To);

/// <summary>What a poll answers. Dispose it when its records are written.</summary>
public sealed class PollAnswer : IDisposable
{
    /// <summary>Why nothing was done; then <see cref="Partition"/> may be to blame, and nothing else is set.</summary>
    public BrokerError Refused { get; init; }

    /// <summary>-1 when none is to blame.</summary>
    public int Partition { get; init; } = -1;

    /// <summary>The fault is in the positions; else it is in what was to be committed.</summary>
    public bool BlamesPositions { get; init; }

    public long Generation { get; internal set; }

    /// <summary>The partitions that the member reads.</summary>
    public IReadOnlyList<int> Assignment { get; internal set; } = [];

    /// <summary>Partitions that it has to give up: its next poll says that it has.</summary>
    public IReadOnlyList<int> Revoked { get; internal set; } = [];

    public IReadOnlyList<RecordGap> Gaps { get; internal set; } = [];

    /// <summary>Of the assigned partitions: what to commit when the records are processed.</summary>
    public PartitionOffsets NextOffsets { get; } = [];

    /// <summary>Records of the assigned partitions behind those of this answer.</summary>
    public long Lag { get; internal set; }

    /// <summary>Null when the poll was refused.</summary>
    public ReceivedMessages? Records { get; internal set; }

    public void Dispose() => Records?.Dispose();
}

/// <param name="Member">Null for a group without members: else it answers GroupHasMembers.</param>
/// <param name="Generation">Of the poll that brought the records; null stands for the current one.</param>
public sealed record CommitRequest(string? Member, long? Generation, PartitionOffsets Offsets);

/// <summary>What a commit did.</summary>
/// <param name="Refused">StaleGeneration, PartitionNotFound or OffsetBeyondEnd; then nothing was committed.</param>
/// <param name="Partition">Which one is to blame.</param>
public readonly record struct CommitOutcome(BrokerError Refused, int Partition);

/// <summary>A consumer group as its owner sees it.</summary>
public sealed record GroupDescription(GroupName Name, GroupConfig Config, string ETag, long CreatedAt, long UpdatedAt)
{
    public long Generation { get; init; }

    public IReadOnlyList<MemberState> Members { get; init; } = [];

    /// <summary>All partitions of the stream.</summary>
    public IReadOnlyList<GroupPartition> Partitions { get; init; } = [];

    public long Lag => Partitions.Sum(static partition => partition.Lag);

    /// <summary>Some partition is on its way from one member to another.</summary>
    public bool IsRebalancing => Partitions.Any(static partition => partition.NextOwner is not null);
}

/// <summary>Instants are Unix milliseconds.</summary>
/// <param name="LastSeenAt">0 when it has not called since the start of the process.</param>
public sealed record MemberState(
    string Name, string? InstanceId, long SessionMilliseconds, long JoinedAt, long LastSeenAt);

/// <summary>A partition as a group sees it.</summary>
/// <param name="Committed">Null before anybody joined.</param>
public sealed record GroupPartition(int Partition, string? Owner, string? NextOwner, long? Committed)
{
    /// <summary>Of the record that is appended next.</summary>
    public long End { get; init; }

    /// <summary>Records that are kept and were not committed.</summary>
    public long Lag { get; init; }

    /// <summary>Age of the oldest of them; 0 when there is none.</summary>
    public long LagMilliseconds { get; init; }

    /// <summary>Records that were not kept until the group read them.</summary>
    public long MissedTotal { get; init; }

    /// <summary>Over about the last minute.</summary>
    public double AppendedPerSecond { get; init; }

    /// <summary>Records that the group was done with, over about the last minute.</summary>
    public double CommittedPerSecond { get; init; }

    /// <summary>The oldest record is not in memory: its age is read outside the loop.</summary>
    internal (AppendLog Log, long Offset, long Now)? OnDisk { get; init; }

    internal GroupPartition ReadFromDisk()
    {
        if (OnDisk is not (var log, var offset, var now)) return this;
        using var reader = new SegmentReader();
        bool found = log.TryGetRemoteTime(offset, out long time)
            || reader.Read(log, log.NextOnDisk(offset), out time, out _) == ReadOutcome.Found;
        return this with { OnDisk = null, LagMilliseconds = found ? Math.Max(0, now - time) : 0 };
    }
}

/// <summary>The outcome of a PUT.</summary>
public sealed record GroupChange(GroupDescription Group, bool Created);

/// <summary>A page of a listing, in ordinal order of names.</summary>
/// <param name="Next">The last name of this page when more follow; pass it as `after`.</param>
public sealed record GroupPage(IReadOnlyList<GroupDescription> Groups, string? Next);

/// <summary>Where offsets are to be set.</summary>
/// <param name="Offset">An absolute offset. It is moved into what a partition keeps.</param>
/// <param name="Shift">Records forward, or back when negative, from where the group is.</param>
/// <param name="Time">Unix milliseconds: the first record of that time or later; 0 for the earliest, long.MaxValue for
/// the end.</param>
public readonly record struct OffsetTarget(long? Offset, long? Shift, long Time);

/// <param name="Partitions">Null for all.</param>
/// <param name="DryRun">Nothing is changed.</param>
public sealed record ResetRequest(OffsetTarget Target, IReadOnlyList<int>? Partitions, bool DryRun);

/// <param name="From">Null when nothing was committed.</param>
public readonly record struct OffsetMove(int Partition, long? From, long To);

/// <summary>What a reset did or would do.</summary>
/// <param name="Refused">PartitionNotFound, with the number in <paramref name="Partition"/>.</param>
public sealed record ResetOutcome(
    IReadOnlyList<OffsetMove> Moves, BrokerError Refused = BrokerError.None, int Partition = -1);
