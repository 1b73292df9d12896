using QueueService.Broker.Messages;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>
/// One queue, topic or subscription: a shared cursor over the logs of its lanes. A topic has a log that nobody receives
/// from; a subscription receives from the topic's log and writes none. Messages that were never handed out cost no
/// memory; the others are done with, or touched (leased, given back, delayed) and have an entry. Messages without group
/// and priority are all in the first lane.
/// </summary>
/// <remarks>
/// Everything that survives a restart is changed in <c>Apply</c> only. What is derived from it and from the time (the
/// heap of deadlines, what is ready again, groups, counts) is rebuilt, and never captured.
/// </remarks>
internal sealed partial class MessageQueue
{
    private readonly Func<uint, int, AppendLog> _openLog;
    private readonly Dictionary<long, Touched> _touched = [];
    private readonly List<Lane> _lanes = [];
    private readonly int _readAhead;
    private readonly DeduplicationTally _tally;
    private QueueKind _kind;

    /// <summary>By number; null while there is only the first.</summary>
    private Lane?[]? _laneByNumber;

    /// <summary>Where logs begin that are opened from now on: weaker levels may have lost what was in them.</summary>
    private long _firstOffset;

    /// <param name="openLog">Opens the log of a lane of a resource.</param>
    /// <param name="readAhead">Messages per lane whose groups are known.</param>
    public MessageQueue(uint resource, Func<uint, int, AppendLog> openLog, int readAhead, DeduplicationTally tally)
    {
        Resource = resource;
        _readAhead = readAhead;
        _tally = tally;
        _openLog = openLog;
    }

    public uint Resource { get; }

    /// <summary>The resource whose messages these are: its own, or the topic's.</summary>
    public uint LogResource => Config.Subscription?.Topic ?? Resource;

    /// <summary>The lane of messages that have neither group nor priority.</summary>
    public Lane Main { get; private set; } = null!;

    /// <summary>Those that have or had messages, in the order of their numbers.</summary>
    public IReadOnlyList<Lane> Lanes => _lanes;

    public QueueName Name
    {
        get;
        private set => (field, _kind) = (value, value.Kind);
    }

    public QueueConfig Config { get; private set; } = new();

    /// <summary>Rises with each change of the definition.</summary>
    public long Version { get; private set; }

    public long CreatedAt { get; private set; }

    public long UpdatedAt { get; private set; }

    /// <summary>A purge starts a new one, and receipts of older ones are worth nothing.</summary>
    public long Epoch { get; private set; }

    public long SentTotal { get; private set; }

    public long ReceivedTotal { get; private set; }

    public long DeletedTotal { get; private set; }

    public long ExpiredTotal { get; private set; }

    /// <summary>Messages that went to the dead-letter queue.</summary>
    public long DeadLetteredTotal { get; private set; }

    /// <summary>Messages that came from another queue.</summary>
    public long MovedTotal { get; private set; }

    public bool IsDeleted { get; private set; }

    /// <summary>Receives that wait, the longest first.</summary>
    public LinkedList<ReceiveCommand> Waiters { get; } = new();

    /// <summary>The queue is on the shard's list of queues to look at before the commit.</summary>
    public bool AwaitsDispatch { get; set; }

    /// <summary>When the shard's timer for this queue fires; long.MaxValue when none is set.</summary>
    public long TimerDue { get; set; } = long.MaxValue;

    /// <summary>When it was last read for expired messages of other queues.</summary>
    public long LastMovedSweep { get; set; }

    public int LeasedCount => _leasedCount;

    /// <summary>Messages that take memory.</summary>
    public int TouchedCount => _touched.Count;

    public bool IsFifo => Config.Type == QueueType.Fifo;

    public bool HasMessages => _lanes.Exists(static lane => lane.HasMessages);

    /// <summary>Holes cost memory: with this many half-acknowledged blocks nothing new is handed out until the old
    /// messages are dealt with. An acknowledgement is never forgotten.</summary>
    private const int MaxPartialBlocks = 4_096;

    /// <summary>The same, for each lane of groups: there are many of them.</summary>
    private const int MaxPartialBlocksAhead = 1_024;

    public Lane LaneOf(long position) =>
        Position.LaneOf(position) is var number and not 0 ? FindLane(number) ?? OpenLane(number) : Main;

    /// <summary>The lane of a message of the batch: a FIFO queue has groups only, and no group is one; it has no
    /// priorities.</summary>
    public int LaneFor(MessageBatch batch, int index) => IsFifo
        ? Position.Lane(priority: 0, batch.Group(index) ?? MessageFormat.NoGroupHash)
        : Position.Lane(batch.Options(index).Priority, batch.Group(index));

    /// <summary>The position of the next message that is sent to this lane.</summary>
    public long NextIn(int lane) => FindLane(lane)?.End ?? (Position.First(lane) + _firstOffset);

    public Lane? FindLane(int number) =>
        number == 0 ? Main : number < _laneByNumber?.Length ? _laneByNumber[number] : null;

    public string? BlockedReason(int maxInFlight) =>
        Config.Paused ? $"The {Noun} is paused."
        : DisabledReason is not null ? $"The subscription is disabled: {DisabledReason}."
        : Trouble is not null ? Trouble
        : _lanes.Find(HasTooManyHoles) is { } lane ? HolesReason(lane)
            : _leasedCount >= maxInFlight ? $"The limit of {maxInFlight} leased messages is reached."
            : _groups is { HasTurns: false } && _lanes.Exists(IsReadAheadFull)
                ? "The messages that are read ahead all wait for others of their groups; acknowledge or delete those."
                : null;

    public QueueStats Stats(long now, int maxInFlight)
    {
        FollowTopic();
        Promote(now);
        long blocked = _groups?.Blocked ?? 0;
        long available =
            (Filter is null ? _lanes.Sum(static lane => lane.Untouched) + _readyCount : Matched()) - blocked;
        long oldest = now;
        var onDisk = new List<(AppendLog Log, long Offset)>();
        foreach (Lane lane in _lanes)
        {
            long first = lane.NextPresent(lane.Floor);
            if (first >= lane.End) continue;
            if (lane.TryPin(first, out PinnedRecord record)) oldest = Math.Min(oldest, record.Time);
            else onDisk.Add((lane.Log, Position.OffsetOf(first)));
            record.Release();
        }

        return new QueueStats(
            available, _leasedCount, _waitingCount, _failedCount + blocked, (now - oldest) / 1000, SentTotal,
            ReceivedTotal, DeletedTotal, ExpiredTotal, DeadLetteredTotal,
            available + blocked > 0 ? BlockedReason(maxInFlight) : Trouble)
        {
            OnDisk = onDisk.Count > 0 ? new OldestOnDisk(onDisk, oldest, now) : null,
            Bytes = HeldBytes,
            DroppedTotal = DroppedTotal,
            MissedTotal = MissedTotal,
            AbandonedTotal = AbandonedTotal,
            DisabledReason = DisabledReason,
            FailingSince = FailingSince,
        };
    }

    public QueueDescription Describe(long now, int maxInFlight) =>
        new(Name, Config, ETag(), CreatedAt, UpdatedAt, Stats(now, maxInFlight))
        {
            Alarms = Alarms(),
            Subscriptions = IsTopic ? FanOut!.Subscriptions.Count : 0,
        };

    public string ETag() => $"{Resource:x}-{Version:x}";

    /// <summary>The lowest position at or above this one that is not done with; null when there is none.</summary>
    public long? NextPresent(long position)
    {
        // There are at most as many lanes in front as its number says.
        int first = Math.Min(Position.LaneOf(position), _lanes.Count);
        while (first > 0 && _lanes[first - 1].Number >= Position.LaneOf(position)) first--;
        for (int i = first; i < _lanes.Count; i++)
        {
            long present = _lanes[i].NextPresent(position);
            if (present < _lanes[i].End) return present;
        }

        return null;
    }

    /// <summary>The message is not done with.</summary>
    public bool IsPresent(long position)
    {
        Lane? lane = FindLane(Position.LaneOf(position));
        return lane is not null && position >= lane.Floor && lane.IsPresent(position);
    }

    public bool TryGetTouched(long position, out Touched touched) => _touched.TryGetValue(position, out touched);

    /// <summary>Where a message is at this time; null when it is not here (any more).</summary>
    public MessageState? StateOf(long position, long now, out Touched touched)
    {
        touched = default;
        if (!IsPresent(position)) return null;
        if (_touched.TryGetValue(position, out touched) && touched.Deadline > now)
            return touched.IsLeased ? MessageState.Leased : MessageState.Delayed;
        bool failed = touched.Deadline != 0 && FateOf(position, touched, now) is Fate.Retry or Fate.DeadLetter;
        return failed || _groups?.IsBlocked(position) == true ? MessageState.Blocked : MessageState.Available;
    }

    /// <summary>Its delivery failed, or it has expired, and a policy has not decided yet what becomes of it.</summary>
    public bool HasFailed(long position, long now) => _touched.TryGetValue(position, out Touched touched)
        && touched.Deadline <= now && FateOf(position, touched, now) != Fate.Ready;

    /// <summary>The lane of this number, begun when there is none.</summary>
    public Lane OpenLane(int number)
    {
        if (number == 0) return Main;
        _laneByNumber ??= new Lane?[
            IsPartitioned ? Position.MaxPartitions : (QueueConfigLimits.MaxPriority + 1) * Position.LanesPerPriority];
        if (_laneByNumber[number] is { } lane) return lane;
        lane = NewLane(number);
        _laneByNumber[number] = lane;
        int place = _lanes.Count;
        while (place > 0 && _lanes[place - 1].Number > number) place--;
        _lanes.Insert(place, lane);
        if (!IsSubscription) lane.SkipTo(_firstOffset);
        return lane;
    }

    /// <summary>The first lane, once it is known whose log it reads.</summary>
    private void OpenMain()
    {
        Main = NewLane(0);
        _lanes.Add(Main);
    }

    private Lane NewLane(int number) => new(number, _openLog(LogResource, number), _touched, IsSubscription)
    {
        IsGrouped = !IsPartitioned && Position.IsGrouped(number),
        IsFiltered = Filter is not null,
    };
}
