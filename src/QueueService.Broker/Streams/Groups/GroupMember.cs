namespace QueueService.Broker.Streams.Groups;

/// <summary>A member of a consumer group.</summary>
internal sealed class GroupMember(string name)
{
    public string Name => name;

    /// <summary>Of a process that keeps its partitions when it comes back under another name; null for most.</summary>
    public string? InstanceId { get; set; }

    /// <summary>The name that this instance had before; whoever still calls by it is refused.</summary>
    public string? FormerName { get; set; }

    public long SessionMilliseconds { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long JoinedAt { get; set; }

    /// <summary>Derived: the generation in which what it owns or has to give up changed last.</summary>
    public long ChangedAt { get; set; }

    /// <summary>Not folded: the generation that it was told of last; 0 after a restart, so it is told again.</summary>
    public long ToldAt { get; set; }

    /// <summary>Not folded: its last call, Unix milliseconds; 0 after a restart, when its session begins
    /// anew.</summary>
    public long SeenAt { get; private set; }

    /// <summary>Not folded: when it last asked for records or committed, Unix milliseconds.</summary>
    public long WorkedAt { get; private set; }

    /// <summary>Not folded: while it waits for records its session does not end.</summary>
    public GroupPoll? Waiting { get; set; }

    /// <summary>When it has left unless it calls, shard time.</summary>
    public long Deadline(GroupConfig config) =>
        Math.Min(SeenAt + SessionMilliseconds, WorkedAt + (config.ProcessingTimeoutSeconds * 1_000L));

    /// <param name="works">It does more than sending a heartbeat.</param>
    public void Seen(long now, bool works)
    {
        if (works || WorkedAt == 0) WorkedAt = now;
        SeenAt = now;
    }
}

/// <summary>A partition, as far as a consumer group is concerned.</summary>
internal sealed class PartitionClaim
{
    /// <summary>The one member that may read it and commit; null when nobody may.</summary>
    public string? Owner { get; set; }

    /// <summary>The generation since which it is the owner's.</summary>
    public long Since { get; set; }

    /// <summary>Who gets it when the owner has given it up; null when it stays where it is.</summary>
    public string? Next { get; set; }

    /// <summary>The generation since which the owner has to give it up; 0 when it has not to.</summary>
    public long RevokedAt { get; set; }

    /// <summary>The offset that comes next; -1 when there is none yet.</summary>
    public long Committed { get; set; } = -1;

    /// <summary>Records that were not kept until the group read them.</summary>
    public long MissedTotal { get; set; }

    /// <summary>Commits of the last minute: what was read again after a reset counts again.</summary>
    public RateMeter Rate;

    public bool IsRevoked => Next is not null;
}
