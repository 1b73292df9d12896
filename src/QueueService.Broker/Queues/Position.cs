namespace QueueService.Broker.Queues;

/// <summary>
/// Where a message is in its queue: the lane and the offset in the lane's log, as one number. Positions of one lane are
/// consecutive, and those of queues and topics are below 2^53, so that they survive as numbers in JSON.
/// <code>
///  bits 44–53  lane: 17 × priority + (0 without a group, else 1 + hash of the group mod 16); the partition of a stream
///  bits  0–43  offset
/// </code>
/// </summary>
internal static class Position
{
    /// <summary>Lanes of one priority among which groups are spread: a group that blocks hides at most a sixteenth of
    /// the others behind it.</summary>
    public const int GroupLanes = 16;

    public const int LanesPerPriority = GroupLanes + 1;

    /// <summary>Lanes of a stream: each partition is one. The positions of those from 512 on are above 2^53.</summary>
    public const int MaxPartitions = 1_024;

    private const int OffsetBits = 44;
    private const long OffsetMask = (1L << OffsetBits) - 1;

    public const long MaxOffset = OffsetMask;

    public static int LaneOf(long position) => (int)(position >> OffsetBits);

    public static long OffsetOf(long position) => position & OffsetMask;

    /// <summary>The first position of a lane.</summary>
    public static long First(int lane) => (long)lane << OffsetBits;

    /// <summary>The lane of a message. Where a group is never changes: its order is that of its lane.</summary>
    public static int Lane(int priority, ulong? group) =>
        (priority * LanesPerPriority) + (group is { } hash ? 1 + (int)(hash % GroupLanes) : 0);

    public static int PriorityOf(int lane) => lane / LanesPerPriority;

    public static bool IsGrouped(int lane) => lane % LanesPerPriority != 0;
}
