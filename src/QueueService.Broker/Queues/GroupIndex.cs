using System.Runtime.InteropServices;

namespace QueueService.Broker.Queues;

/// <summary>
/// Which groups have something to be handed out. In a FIFO queue a group is in order: none of its messages is handed
/// out while one before it is still here and away, or any of it is leased. In a standard queue groups only take turns.
/// </summary>
/// <remarks>Derived from the lanes and the touched messages, and bounded by the read-ahead: per lane a number of
/// messages from the floor on, and their groups.</remarks>
/// <param name="inOrder">The queue is FIFO.</param>
/// <param name="forgetsLeased">What is leased or delayed is not known any more: the bound is one of what waits.</param>
internal sealed class GroupIndex(bool inOrder, bool forgetsLeased, Dictionary<long, Touched> touched)
{
    private readonly Dictionary<ulong, MessageGroup> _groups = [];
    private readonly Dictionary<long, MessageGroup> _groupOf = [];

    /// <summary>By priority: the groups that have something, each for its turn.</summary>
    private readonly Queue<MessageGroup>?[] _lines = new Queue<MessageGroup>?[QueueConfigLimits.MaxPriority + 1];

    /// <summary>By priority: the turn of the messages without a group.</summary>
    private readonly MessageGroup?[] _plainTurns = new MessageGroup?[QueueConfigLimits.MaxPriority + 1];

    /// <summary>Of a FIFO queue: see <see cref="Queues.GroupLock.Later"/>.</summary>
    public bool LocksLater { get; private set; }

    /// <summary>Lanes have priorities; those of a queue view are partitions.</summary>
    public bool HasPriorities { get; init; } = true;

    /// <summary>Messages that are available but for others of their group.</summary>
    public long Blocked { get; private set; }

    /// <summary>Messages that are leased, delayed or failed.</summary>
    public long Away { get; private set; }

    public Queue<MessageGroup> LineOf(int priority) => _lines[priority] ??= new Queue<MessageGroup>();

    /// <summary>All messages of a standard queue that have no group count as one.</summary>
    public MessageGroup PlainTurn(int priority) => _plainTurns[priority] ??= new MessageGroup(0);

    public bool Knows(long position) => _groupOf.ContainsKey(position);

    public bool IsBlocked(long position) =>
        _groupOf.TryGetValue(position, out MessageGroup? group) && group.Blocked > 0
        && (!HasTurn(group) || position > group.Members[AvailableInFront(group)]);

    /// <summary>A group has something for a receive.</summary>
    public bool HasTurns
    {
        get
        {
            foreach (Queue<MessageGroup>? line in _lines)
                if (line is { Count: > 0 }) return true;
            return false;
        }
    }

    /// <summary>Takes in the next message of a lane.</summary>
    /// <param name="hash">Of the group's name.</param>
    public void Add(Lane lane, long position, ulong hash)
    {
        bool isTouched = touched.TryGetValue(position, out Touched entry);

        // Where it is not in order, what came back stands in the line of those without a group already.
        bool isOrdered = inOrder && lane.IsGrouped;
        if (isTouched && !isOrdered && (entry.IsReady || forgetsLeased)) return;
        int priority = PriorityOf(lane.Number);
        ulong key = hash + ((ulong)priority * 0x9E3779B97F4A7C15UL);
        ref MessageGroup? group = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, key, out _);
        group ??= new MessageGroup(key);
        _groupOf.Add(position, group);
        group.Known++;
        lane.KnownCount++;
        bool isAway = isTouched && !entry.IsReady;
        if (isAway) group.Away++;
        if (isAway) Away++;
        if (isAway && entry.IsLeased && !entry.HasFailed) group.Leased++;
        if (inOrder || !isAway) group.Members.AddLast(position);
        Refresh(group, priority);
    }

    /// <summary>The message is leased, or has to wait, or is to be moved away.</summary>
    public void Leave(Lane lane, long position, bool leased)
    {
        if (!_groupOf.TryGetValue(position, out MessageGroup? group)) return;
        if (forgetsLeased)
        {
            Remove(lane, position);
            return;
        }

        group.Away++;
        Away++;
        if (leased) group.Leased++;
        if (!inOrder) group.Members.Remove(position);
        group.Chosen = 0;
    }

    /// <summary>It no longer is; what it is instead is told by the next call.</summary>
    public void EndLeave(long position, bool leased)
    {
        if (!_groupOf.TryGetValue(position, out MessageGroup? group)) return;
        group.Away--;
        Away--;
        if (leased) group.Leased--;
    }

    /// <summary>The message can be handed out again. Answers false when its group is not known.</summary>
    public bool Return(long position)
    {
        if (!_groupOf.TryGetValue(position, out MessageGroup? group)) return false;
        if (!inOrder) group.Members.AddFirst(position);
        return true;
    }

    /// <summary>The message is not here any more.</summary>
    public void Remove(Lane lane, long position)
    {
        if (!_groupOf.Remove(position, out MessageGroup? group)) return;
        lane.KnownCount--;
        group.Known--;
        group.Chosen = 0;
        group.Members.Remove(position);
        Refresh(group, PriorityOf(lane.Number));
    }

    /// <summary>Everything below this position of the lane is not here any more.</summary>
    public void RemoveBelow(Lane lane, long floor)
    {
        long first = Position.First(lane.Number);
        foreach (long position in _groupOf.Keys.Where(position => position >= first && position < floor).ToList())
            Remove(lane, position);
    }

    /// <summary>After its messages have changed: does the group have a turn?</summary>
    public void Refresh(long position)
    {
        if (_groupOf.TryGetValue(position, out MessageGroup? group))
            Refresh(group, PriorityOf(Position.LaneOf(position)));
    }

    public bool HasTurn(MessageGroup group) =>
        group.Members.Count > 0 && (!inOrder || ((LocksLater || group.Leased == 0) && IsAvailable(group.Members[0])));

    /// <summary>The definition of the queue is another one.</summary>
    public void Lock(bool later)
    {
        if (LocksLater == later) return;
        LocksLater = later;
        foreach (long position in _groupOf.Keys) Refresh(position);
    }

    /// <summary>In a FIFO queue: the next member can be handed out together with those before it.</summary>
    public bool IsAvailable(long position) => !touched.TryGetValue(position, out Touched entry) || entry.IsReady;

    /// <summary>Of a group in order: members before the first one that is away.</summary>
    private int AvailableInFront(MessageGroup group)
    {
        int count = 0;
        while (count < group.Members.Count && IsAvailable(group.Members[count])) count++;
        return count;
    }

    private int PriorityOf(int lane) => HasPriorities ? Position.PriorityOf(lane) : 0;

    private void Refresh(MessageGroup group, int priority)
    {
        bool hasTurn = HasTurn(group);
        int blocked = !inOrder ? 0
            : !hasTurn ? group.Members.Count - group.Away
            : group.Leased > 0 ? group.Members.Count - group.Away - AvailableInFront(group) : 0;
        Blocked += blocked - group.Blocked;
        group.Blocked = blocked;
        if (hasTurn && !group.InLine)
        {
            group.InLine = true;
            LineOf(priority).Enqueue(group);
        }

        if (group.Known == 0) _groups.Remove(group.Key);
    }
}
