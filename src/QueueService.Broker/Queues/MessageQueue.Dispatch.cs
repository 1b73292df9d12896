using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Queues;

/// <summary>
/// Which messages a receive gets. The highest priority comes first. Within one, a FIFO queue gives whole groups, in
/// turn; a standard queue gives what came back and then what was never handed out, or, when there are groups, one
/// message of each in turn.
/// </summary>
internal sealed partial class MessageQueue
{
    /// <summary>Deficit round robin (Shreedhar and Varghese, 1995): a group is given this many bytes in each turn, and
    /// a message costs at least as many, so usual messages go one by one.</summary>
    private const int Quantum = 16 << 10;

    /// <summary>A message costs no more turns than this many: bounds the search for one that can be paid.</summary>
    private const int MaxTurnsPerMessage = 4;

    private Queue<long>?[] _readyLines = new Queue<long>?[1];

    /// <summary>As of the last <see cref="Promote"/>: something could be handed out.</summary>
    public bool HasAvailable => !Config.Paused && DisabledReason is null
        && (IsFifo
            ? _groups is { HasTurns: true } || HasPlain(0)
            : _readyCount > 0
                || (Filter is null ? _lanes.Exists(static lane => lane.Untouched > 0) : _groups is { HasTurns: true }));

    /// <summary>Chooses up to this many messages, and up to a bound of bytes; changes nothing that is folded. All that
    /// are chosen must be handed out. Answers how many there are.</summary>
    public int Choose(int max, int maxBytes, long now, List<(long Position, int ReceiveCount)> chosen)
    {
        chosen.Clear();
        if (Config.Paused || DisabledReason is not null) return 0;
        Promote(now);
        var choice = new Choice(chosen, max, maxBytes);
        if (IsPartitioned && Filter is null)
        {
            ChooseInTurns(ref choice);
            return chosen.Count;
        }

        for (int priority = HighestPriority; priority >= 0 && !choice.IsFull; priority--)
        {
            if (IsFifo) ChooseInOrder(priority, ref choice);
            if (IsFifo) ChoosePlain(priority, ref choice);
            else if (_groups?.LineOf(priority) is { Count: > 0 } line) ChooseInTurns(priority, line, ref choice);
            else ChoosePlain(priority, ref choice);
        }

        return chosen.Count;
    }

    private int HighestPriority => IsPartitioned ? 0 : Position.PriorityOf(_lanes[^1].Number);

    public int SizeOf(long position) => LaneOf(position).SizeOf(position);

    private void ChooseInOrder(int priority, ref Choice choice)
    {
        if (_groups?.LineOf(priority) is not { } line) return;
        while (!choice.IsFull && line.TryPeek(out MessageGroup? group))
        {
            while (_groups.HasTurn(group) && group.Chosen < group.Members.Count)
            {
                long position = group.Members[group.Chosen];
                if (!_groups.IsAvailable(position)) break;
                if (!choice.TryAdd(position, NextReceiveCount(position), SizeOf(position))) break;
                group.Chosen++;

                // Deliveries of one receive are made at once, so a group has one of them at a time.
                if (Config.Subscription is { Target: SubscriptionTarget.Webhook }) break;
            }

            if (choice.IsFull && group.Chosen == 0) return;

            // Handed out, it is blocked; with what is left and not blocked it gets in line again.
            line.Dequeue();
            group.InLine = false;
        }
    }

    private void ChooseInTurns(int priority, Queue<MessageGroup> line, ref Choice choice)
    {
        var plain = new PlainCursor(this, priority);
        MessageGroup plainTurn = _groups!.PlainTurn(priority);
        if (!plainTurn.InLine && plain.Next() is not null)
        {
            plainTurn.InLine = true;
            line.Enqueue(plainTurn);
        }

        var noise = new NoisyGroups(line, _leasedCount);
        while (!choice.IsFull && noise.TryPeekQuiet(choice.Count, out MessageGroup? group))
        {
            long? next = ReferenceEquals(group, plainTurn) ? plain.Next()
                : group.Chosen < group.Members.Count ? group.Members[group.Chosen] : null;
            line.Dequeue();
            if (next is not { } position)
            {
                group.InLine = false;
                group.Deficit = 0;
                continue;
            }

            line.Enqueue(group);
            int size = SizeOf(position);
            group.Deficit += Quantum;
            int cost = Math.Clamp(size, Quantum, MaxTurnsPerMessage * Quantum);
            if (group.Deficit < cost || !choice.TryAdd(position, NextReceiveCount(position), size)) continue;
            group.Deficit -= cost;
            if (ReferenceEquals(group, plainTurn)) plain.Take();
            else group.Chosen++;
        }
    }

    private void ChoosePlain(int priority, ref Choice choice)
    {
        var plain = new PlainCursor(this, priority);
        while (!choice.IsFull && plain.Next() is { } position
            && choice.TryAdd(position, plain.ReceiveCount, SizeOf(position))) plain.Take();
    }

    private int NextReceiveCount(long position) =>
        _touched.TryGetValue(position, out Touched touched) ? touched.ReceiveCount + 1 : 1;

    /// <summary>The line of messages that came back and have no group, or an unknown one. Where groups are in order
    /// they have none: the group says when it is its turn. (Only a subscription with ordered groups has both kinds.)
    /// </summary>
    private Queue<long>? ReadyLine(long position)
    {
        int lane = Position.LaneOf(position);
        if (IsFifo && Position.IsGrouped(lane)) return null;
        int line = ReadyLineOf(lane);
        if (line >= _readyLines.Length)
            Array.Resize(ref _readyLines, IsPartitioned ? Position.MaxPartitions : QueueConfigLimits.MaxPriority + 1);
        return _readyLines[line] ??= new Queue<long>();
    }

    private bool HasPlain(int priority) =>
        _readyLines[priority] is { Count: > 0 }
        || FindLane(priority * Position.LanesPerPriority) is { IsFiltered: false, Untouched: > 0 };

    private void LeaveReadyLine(long position)
    {
        if (ReadyLine(position) is not { } line) return;
        for (int left = line.Count; left > 0; left--)
        {
            long other = line.Dequeue();
            if (other != position) line.Enqueue(other);
        }
    }

    private void ClearReadyLines()
    {
        foreach (Queue<long>? line in _readyLines) line?.Clear();
    }

    /// <summary>What a receive has got so far.</summary>
    private ref struct Choice(List<(long Position, int ReceiveCount)> chosen, int max, int maxBytes)
    {
        private long _bytes;

        public bool IsFull { get; private set; }

        public readonly int Count => chosen.Count;

        /// <summary>Answers false when there is no room; the first message always fits.</summary>
        public bool TryAdd(long position, int receiveCount, int size)
        {
            _bytes += size;
            IsFull = chosen.Count >= max || (chosen.Count > 0 && _bytes > maxBytes);
            if (IsFull) return false;
            chosen.Add((position, receiveCount));
            IsFull = chosen.Count == max;
            return true;
        }
    }

    /// <summary>Goes over the messages of one priority that have no group: what came back, then what is new.</summary>
    private ref struct PlainCursor(MessageQueue queue, int priority)
    {
        private readonly Queue<long>? _ready = priority < queue._readyLines.Length ? queue._readyLines[priority] : null;
        private readonly Lane? _lane = queue.FindLane(priority * Position.LanesPerPriority);
        private long _untouched = queue.FindLane(priority * Position.LanesPerPriority)?.Next ?? 0;

        /// <summary>Of the message that <see cref="Next"/> gave.</summary>
        public int ReceiveCount { get; private set; }

        public long? Next()
        {
            while (_ready is not null && _ready.TryPeek(out long position))
            {
                ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(queue._touched, position);
                if (!Unsafe.IsNullRef(ref touched) && touched.IsReady)
                {
                    ReceiveCount = touched.ReceiveCount + 1;
                    return position;
                }

                // Deleted, purged or otherwise changed while it stood in line.
                _ready.Dequeue();
            }

            ReceiveCount = 1;
            return _lane is { PartialBlocks: < MaxPartialBlocks, IsFiltered: false } && _untouched < _lane.End
                ? _untouched
                : null;
        }

        /// <summary>Goes on after the message that <see cref="Next"/> gave.</summary>
        public void Take()
        {
            if (_ready is { Count: > 0 }) _ready.Dequeue();
            else _untouched = queue.NextUntouched(_lane!, _untouched + 1);
        }
    }

    private long NextUntouched(Lane lane, long position)
    {
        if (lane.IsPlainAhead) return position;
        while (position < lane.End)
        {
            position = lane.NextPresent(position);
            if (!_touched.ContainsKey(position)) break;
            position++;
        }

        return position;
    }
}
