using QueueService.Broker.Messages;

namespace QueueService.Broker.Queues;

/// <summary>
/// Groups: of which the messages from each lane's floor on are, up to the read-ahead. What is sent while a lane is
/// known to its end is learned at once; the rest is read when there is room again (<see cref="ReadAhead"/>).
/// </summary>
internal sealed partial class MessageQueue
{
    private GroupIndex? _groups;

    /// <summary>Lanes of which messages are being read from disk.</summary>
    public int LanesBeingRead { get; set; }

    /// <summary>What can be handed out is known in a moment: messages are being read, or more have expired at once than
    /// one turn writes down.</summary>
    public bool IsBusy => LanesBeingRead > 0 || HasExpired || IsScanBehind;

    /// <summary>Partitions of a view that are read for its filter at once: each page has 2,000 records.</summary>
    private const int MaxLanesBeingRead = 16;

    /// <summary>There are leases whose groups are not known: which group is free cannot be told.</summary>
    public bool HasUnknownLeases => IsFifo && _lanes.Exists(IsLeasedAhead);

    /// <summary>Messages of one page: small enough for several to be read before the read-ahead is full.</summary>
    public int MaxPage => Math.Max(1, _readAhead / 4);

    private GroupIndex Groups => _groups ??= NewGroups();

    /// <summary>There are messages of the lane whose groups are not known, and room for some.</summary>
    public bool CanReadAhead(Lane lane) =>
        lane.IsIndexed && !lane.IsReading && !lane.IsLive && lane.KnownEnd < LimitAhead(lane)
        && (!IsPartitioned || LanesBeingRead < MaxLanesBeingRead)
        && (IsLeasedAhead(lane) || (!IsReadAheadFull(lane)
            && lane.PartialBlocks < Math.Min(MaxPartialBlocksAhead, PartialBlocksPerLane)
            && (lane.KnownCount <= MaxKnown - (MaxKnown / 4) || _groups is not { HasTurns: true })));

    /// <summary>Messages that may be read ahead of the lane now.</summary>
    public int RoomAhead(Lane lane) => Math.Max(MaxKnown - lane.KnownCount, IsLeasedAhead(lane) ? 1 : 0);

    /// <summary>Takes the next message of the lane in.</summary>
    public void LearnGroup(Lane lane, long position, ReadOnlySpan<byte> message) =>
        LearnGroup(lane, position, MessageFormat.GroupHash(message));

    /// <summary>Answers false when there is no room.</summary>
    public bool LearnGroup(Lane lane, long position, ulong hash)
    {
        if (IsReadAheadFull(lane)) return false;

        // Partitions take turns.
        if (IsPartitioned) hash = (ulong)lane.Number;

        // In a lane without groups, where order is asked for, each message is a group of its own.
        Groups.Add(lane, position, lane.IsGrouped || !IsFifo ? hash : (ulong)position * 0x9E3779B97F4A7C15UL);
        lane.KnownEnd = position + 1;
        return true;
    }

    private GroupIndex NewGroups()
    {
        var groups = new GroupIndex(IsFifo, forgetsLeased: Filter is not null && !IsFifo, _touched)
        {
            HasPriorities = !IsPartitioned,
        };
        groups.Lock(Config.GroupLock == GroupLock.Later);
        return groups;
    }

    private void NoteLease(long position)
    {
        Lane lane = LaneOf(position);
        lane.LeasedEnd = Math.Max(lane.LeasedEnd, position + 1);
    }

    private bool IsReadAheadFull(Lane lane) =>
        lane.IsIndexed && lane.KnownCount >= MaxKnown && !IsLeasedAhead(lane);

    private static bool IsLeasedAhead(Lane lane) =>
        lane.IsIndexed && lane.KnownEnd < Math.Min(lane.LeasedEnd, lane.End);
}
