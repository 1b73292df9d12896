using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>
/// One queue: a shared cursor over its log. Messages at or above <see cref="Next"/> were never handed out and cost no
/// memory; below it a message is either done with, or touched (leased, given back, delayed) and has an entry.
/// </summary>
/// <remarks>
/// Everything that survives a restart is changed in <c>Apply</c> only. What is derived from it and from the time (the
/// heap of deadlines, what is ready again, counts) is rebuilt, and never captured.
/// </remarks>
internal sealed partial class MessageQueue(uint resource, AppendLog log)
{
    private readonly Dictionary<long, Touched> _touched = [];
    private readonly List<(long From, long To)> _gaps = [];
    private TerminalSet _terminal = new();
    private long _touchedAhead;
    private long _terminalAhead;

    public uint Resource => resource;

    public AppendLog Log => log;

    public QueueName Name { get; private set; }

    public QueueConfig Config { get; private set; } = new();

    /// <summary>Rises with each change of the definition.</summary>
    public long Version { get; private set; }

    public long CreatedAt { get; private set; }

    public long UpdatedAt { get; private set; }

    /// <summary>A purge starts a new one, and receipts of older ones are worth nothing.</summary>
    public long Epoch { get; private set; }

    /// <summary>The next offset that was never handed out.</summary>
    public long Next { get; private set; }

    /// <summary>Everything below is done with.</summary>
    public long Floor { get; private set; }

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

    /// <summary>When the disk was last asked for expired messages.</summary>
    public long LastDiskSweep { get; set; }

    /// <summary>When it was last read for expired messages of other queues.</summary>
    public long LastMovedSweep { get; set; }

    public int LeasedCount => _leasedCount;

    /// <summary>Messages that take memory.</summary>
    public int TouchedCount => _touched.Count;

    /// <summary>As of the last <see cref="Promote"/>: something could be handed out.</summary>
    public bool HasAvailable => !Config.Paused && (_readyCount > 0 || Untouched > 0);

    public bool HasMessages => Floor < log.End;

    private long Untouched => log.End - Next - GapsIn(Next, log.End) - _terminalAhead - _touchedAhead;

    /// <summary>Holes cost memory: with this many half-acknowledged blocks nothing new is handed out until the old
    /// messages are dealt with. An acknowledgement is never forgotten.</summary>
    private const int MaxPartialBlocks = 4_096;

    public string? BlockedReason(int maxInFlight) =>
        Config.Paused ? "The queue is paused."
        : _terminal.PartialBlocks >= MaxPartialBlocks
            ? "Too many old messages are still leased or delayed between acknowledged ones; acknowledge or delete them."
            : _leasedCount >= maxInFlight ? $"The limit of {maxInFlight} leased messages is reached." : null;

    public QueueStats Stats(long now, int maxInFlight)
    {
        Promote(now);
        long available = Untouched + _readyCount;
        long oldest = NextPresent(Floor);
        long age = 0;
        OldestOnDisk? onDisk = null;
        if (oldest < log.End)
        {
            if (log.TryPin(oldest, out PinnedRecord record)) age = Math.Max(0, now - record.Time) / 1000;
            else onDisk = new OldestOnDisk(log, oldest, now);
            record.Release();
        }

        return new QueueStats(
            available, _leasedCount, _waitingCount, _failedCount, age, SentTotal, ReceivedTotal, DeletedTotal, ExpiredTotal,
            DeadLetteredTotal, available > 0 ? BlockedReason(maxInFlight) : null)
        {
            OnDisk = onDisk,
            Bytes = _held.Bytes,
            DroppedTotal = DroppedTotal,
        };
    }

    public QueueDescription Describe(long now, int maxInFlight) =>
        new(Name, Config, ETag(), CreatedAt, UpdatedAt, Stats(now, maxInFlight))
        {
            Alarms = Alarms(),
        };

    public string ETag() => $"{resource:x}-{Version:x}";

    /// <summary>The lowest offset at or above this one that is not done with.</summary>
    public long NextPresent(long offset)
    {
        offset = Math.Max(offset, Floor);
        while (true)
        {
            long present = _terminal.NextAbsent(offset);
            foreach ((long from, long to) in _gaps)
                if (present >= from && present < to) present = to;
            if (present == offset) return present;
            offset = present;
        }
    }

    public bool TryGetTouched(long offset, out Touched touched) => _touched.TryGetValue(offset, out touched);

    /// <summary>Where a message is at this time; null when it is not here (any more).</summary>
    public MessageState? StateOf(long offset, long now, out Touched touched)
    {
        touched = default;
        if (offset < Floor || offset >= log.End || NextPresent(offset) != offset) return null;
        if (!_touched.TryGetValue(offset, out touched)) return MessageState.Available;
        if (touched.Deadline <= now) return FateOf(touched) == Fate.Ready ? MessageState.Available : MessageState.Blocked;
        return touched.IsLeased ? MessageState.Leased : MessageState.Delayed;
    }

    private long GapsIn(long from, long to)
    {
        long sum = 0;
        foreach ((long start, long end) in _gaps) sum += Math.Max(0, Math.Min(end, to) - Math.Max(start, from));
        return sum;
    }

    private void RecountAhead()
    {
        _terminalAhead = _terminal.CountIn(Next, log.End);
        _touchedAhead = 0;
        foreach (long offset in _touched.Keys)
            if (offset >= Next) _touchedAhead++;
    }
}

/// <summary>A message that was handed out before, or is delayed.</summary>
internal struct Touched
{
    /// <summary>When the lease or the delay ends, Unix milliseconds.</summary>
    public long Deadline;

    /// <summary>0 when it was never received.</summary>
    public long FirstReceivedAt;

    public int ReceiveCount;

    public bool IsLeased;

    /// <summary>Derived: its time came, and it stands in the line of what is handed out next.</summary>
    public bool IsReady;

    /// <summary>Derived: its time came, and a policy decides what comes next.</summary>
    public bool HasFailed;

    /// <summary>When the first lease ended without an acknowledgement; 0 when none did.</summary>
    public long FirstFailedAt;

    /// <summary>Its deadline has passed and is not waited for any more.</summary>
    public readonly bool IsDue => IsReady || HasFailed;

    /// <summary>Notes that a lease ends without an acknowledgement, if one does.</summary>
    public void Fail(long time)
    {
        if (IsLeased && FirstFailedAt == 0) FirstFailedAt = Math.Min(Deadline, time);
    }
}
