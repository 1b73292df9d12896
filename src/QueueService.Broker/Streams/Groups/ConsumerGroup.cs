using QueueService.Broker.Queues;
using QueueService.Storage;

namespace QueueService.Broker.Streams.Groups;

/// <summary>
/// A consumer group: its members, who of them owns which partition of the stream, and how far each partition is done.
/// What survives a restart is changed in <see cref="Apply"/> only; sessions are memory.
/// </summary>
internal sealed partial class ConsumerGroup(uint resource)
{
    private readonly SortedDictionary<string, GroupMember> _members = new(StringComparer.Ordinal);
    private readonly List<PartitionClaim> _claims = [];

    /// <summary>Not folded: no session ends before.</summary>
    private long _nextDeadline;

    public uint Resource => resource;

    public GroupName Name { get; private set; }

    /// <summary>The resource of the stream.</summary>
    public uint Stream { get; private set; }

    public GroupConfig Config { get; private set; } = new();

    /// <summary>Rises with each change of the definition.</summary>
    public long Version { get; private set; }

    public long CreatedAt { get; private set; }

    public long UpdatedAt { get; private set; }

    /// <summary>Rises with each change of the members or of what they own; 0 before anybody joined.</summary>
    public long Generation { get; private set; }

    public bool IsDeleted { get; private set; }

    /// <summary>In the order of their names.</summary>
    public IReadOnlyCollection<GroupMember> Members => _members.Values;

    /// <summary>By partition; those that the group does not know of yet are missing.</summary>
    public IReadOnlyList<PartitionClaim> Claims => _claims;

    public GroupMember? Find(string member) => _members.GetValueOrDefault(member);

    public GroupMember? FindInstance(string instance)
    {
        foreach (GroupMember member in _members.Values)
            if (member.InstanceId == instance) return member;
        return null;
    }

    /// <summary>Another process has come back as this one's instance.</summary>
    public bool IsFenced(string member)
    {
        foreach (GroupMember other in _members.Values)
            if (other.FormerName == member) return true;
        return false;
    }

    /// <summary>The offset that the group reads next; null when it was never there.</summary>
    public long? CommittedIn(int partition) =>
        partition < _claims.Count && _claims[partition].Committed is var offset and >= 0 ? offset : null;

    /// <summary>The position at which the group begins in a partition in which it has committed nothing. One that was
    /// added after the group began is read from its very first record on, also when that is not kept any more: what is
    /// missed is told.</summary>
    public long BeginningOf(Lane lane)
    {
        if (Generation > 0) return Position.First(lane.Number);
        return Config.AutoOffsetReset == OffsetReset.Latest ? lane.End : lane.Floor;
    }

    /// <summary>The partitions of a member: those that it is to read, or those that it has to give up.</summary>
    public IEnumerable<int> PartitionsOf(string member, bool revoked)
    {
        for (int partition = 0; partition < _claims.Count; partition++)
            if (_claims[partition].Owner == member && _claims[partition].IsRevoked == revoked) yield return partition;
    }

    public string ETag() => $"{Resource:x}-{Version:x}";

    /// <summary>A call of a member, or the end of one that waited.</summary>
    /// <param name="works">It does more than sending a heartbeat.</param>
    public void Renew(GroupMember member, long now, bool works)
    {
        member.Seen(now, works);
        _nextDeadline = Math.Min(_nextDeadline, member.Deadline(Config));
    }

    /// <summary>Members whose sessions are over; null when there are none. Costs nothing while none can be.</summary>
    /// <param name="except">Who calls: as long as nobody else has noticed, it is there.</param>
    public List<string>? FindSilent(long now, string? except)
    {
        if (now < _nextDeadline) return null;
        List<string>? silent = null;
        long next = long.MaxValue;
        foreach (GroupMember member in _members.Values)
        {
            if (member.SeenAt == 0) member.Seen(now, works: true);
            if (member.Waiting is not null) continue;
            long deadline = member.Deadline(Config);
            if (deadline <= now && member.Name != except) (silent ??= []).Add(member.Name);
            else next = Math.Min(next, deadline);
        }

        _nextDeadline = next;
        return silent;
    }

    public void Apply(in JournalRecord record)
    {
        var reader = new SpanReader(record.Payload);
        switch ((GroupRecord)record.Type)
        {
            case GroupRecord.Created:
                Name = GroupName.At(reader.ReadText());
                Stream = (uint)reader.ReadVarint();
                CreatedAt = record.Time;
                ApplyConfig(ref reader, record.Time);
                break;
            case GroupRecord.Configured: ApplyConfig(ref reader, record.Time); break;
            case GroupRecord.Deleted: IsDeleted = true; break;
            case GroupRecord.Joined: ApplyJoined(ref reader, record.Time); break;
            case GroupRecord.Left: ApplyLeft(reader.ReadText()); break;
            case GroupRecord.Replaced: ApplyReplaced(reader.ReadText(), reader.ReadText()); break;
            case GroupRecord.Assigned: ApplyAssigned(ref reader); break;
            case GroupRecord.Committed: ApplyCommitted(ref reader, record.Time); break;
            case GroupRecord.Missed: ApplyMissed(ref reader); break;
            default:
                throw new InvalidOperationException($"Group record type {record.Type} is not known to this version.");
        }
    }
}
