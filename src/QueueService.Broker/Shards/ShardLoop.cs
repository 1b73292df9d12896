using QueueService.Broker.Queues;
using QueueService.Storage;

namespace QueueService.Broker.Shards;

/// <summary>
/// The turns of a shard: take, decide and apply, write, sync, reply. Runs on its own thread, or turn by turn in a
/// simulation.
/// </summary>
internal sealed class ShardLoop
{
    /// <summary>The commit window is never longer than this: about a sync. 16 HTTP callers on two cores need it to come
    /// back; with 100 µs a sync served 9 of them, and a send cost 3 to 10 % more CPU.</summary>
    private static readonly TimeSpan MaxWindow = TimeSpan.FromMicroseconds(200);

    /// <summary>How long the loop sleeps when it only keeps house.</summary>
    private static readonly TimeSpan HouseInterval = TimeSpan.FromSeconds(1);

    /// <summary>Room that must be free before a turn starts: a full commit and one frame of the largest size.</summary>
    private readonly int _roomNeeded;

    /// <summary>Bytes that one commit gathers before the rest waits for the next: bounds the wait of everybody in it. A
    /// single larger frame (a batch of 16 MiB) makes a larger commit.</summary>
    private readonly int _maxCommitBytes;
    private readonly Shard _shard;
    private readonly Inbox _inbox;
    private readonly ReplySweep _replies;
    private readonly List<Command> _done = [];
    private readonly List<Command> _early = [];
    private readonly List<Command> _changes = [];
    private Command[] _taken = new Command[256];
    private int _takenCount;
    private int _takenNext;
    private int _lastBatch;
    private int _lastReplies;
    private long _lastSync;
    private volatile bool _drain;
    private volatile bool _stop;

    public ShardLoop(Shard shard, Inbox inbox, ReplySweep replies, int journalFileBytes)
    {
        _shard = shard;
        _inbox = inbox;
        _replies = replies;
        _maxCommitBytes = Math.Min(4 << 20, journalFileBytes / 4);
        _roomNeeded = _maxCommitBytes + shard.MaxFrameBytes + MaxServeBytes;
    }

    /// <summary>Bytes of leases that waiting receives may add to a commit; the rest of them goes into the
    /// next.</summary>
    private int MaxServeBytes => _maxCommitBytes / 2;

    /// <summary>Why the loop ended; null while it runs, or when it was stopped.</summary>
    public Exception? Failure { get; private set; }

    public bool DiskFull { get; private set; }

    public bool IsDraining => _drain;

    public void Drain()
    {
        _drain = true;
        _inbox.Wake();
    }

    /// <summary>Finishes what was accepted and ends.</summary>
    public void Stop()
    {
        // In this order nothing can be accepted after the loop has looked for the last time.
        _drain = true;
        _inbox.Close();
        _stop = true;
        _inbox.Wake();
    }

    /// <summary>The thread's root: a failure of any kind discards the shard, and every waiting and later command is
    /// refused until a restart recovers what is on disk.</summary>
    public void Run()
    {
        try
        {
            while (!_stop || _inbox.Count > 0 || _takenNext < _takenCount) Turn(wait: !_stop);
            EndWaits();
            _shard.Store.Close(_shard.Now);
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    /// <summary>Nothing more is decided: what a turn left half done is only in memory, and that is given up.</summary>
    public void Fail(Exception failure)
    {
        Failure = failure;
        RefuseEverything();
    }

    /// <summary>One turn. Answers whether there was anything to do.</summary>
    public bool Turn(bool wait)
    {
        if (wait) WaitForWork();
        if (_takenNext >= _takenCount)
        {
            _takenNext = 0;
            _takenCount = _inbox.Take(ref _taken);
        }

        long now = _shard.BeginTurn();
        bool hasRoom = _shard.Store.HasRoomFor(_roomNeeded);
        int executed = AnswerReads() + Execute(hasRoom);
        if (_drain && !_shard.IsDraining) _shard.Drain();
        if (_shard.IsDraining && _shard.WaiterCount > 0) _shard.ReleaseWaiters();
        _shard.ServeWaiters(_done, hasRoom ? _shard.Store.BatchBytes + MaxServeBytes : 0);
        bool worked = executed > 0 || _done.Count > 0;
        CommitAndReply(now);
        _shard.Store.Housekeep(now);
        DiskFull = _shard.Store.DiskFull;
        _lastBatch = executed;
        return worked;
    }

    /// <summary>Refuses what is there and what comes, once the loop has ended.</summary>
    public void RefuseEverything()
    {
        _inbox.Close();
        for (; _takenNext < _takenCount; _takenNext++) Refuse(_taken[_takenNext]);
        _takenCount = _inbox.Take(ref _taken);
        for (int i = 0; i < _takenCount; i++) Refuse(_taken[i]);
        _takenNext = _takenCount = 0;
        _shard.TakeEnded(_done);
        foreach (Command command in _done) Refuse(command);
        foreach (MessageQueue queue in _shard.Queues)
        {
            foreach (ReceiveCommand waiter in queue.Waiters.Concat(queue.Parked)) Refuse(waiter);
            queue.Waiters.Clear();
            queue.Parked.Clear();
        }

        _done.Clear();
    }

    private void Refuse(Command command)
    {
        command.Refuse(BrokerError.StorageFailed);
        _replies.Complete(command);
    }

    /// <summary>
    /// Sleeps until there is work. With several callers it then waits a moment longer, until about as many commands are
    /// there as the last cycle answered and left queued: those callers come back within microseconds, and one sync then
    /// serves them all. One caller alone is never made to wait.
    /// </summary>
    private void WaitForWork()
    {
        if (_takenNext < _takenCount) return;
        int waiting = _inbox.Count;
        if (waiting == 0 && _lastReplies < 2)
        {
            _inbox.WaitFor(1, IdleTime());
            return;
        }

        int expected = Math.Min(waiting + _lastReplies, _lastBatch + 2 + (_lastBatch / 8));
        if (expected > 1 && waiting < expected) waiting = _inbox.WaitFor(expected, MaxWindow);
        if (waiting == 0) _inbox.WaitFor(1, IdleTime());
    }

    private TimeSpan IdleTime()
    {
        TimeSpan longest = HouseInterval;
        if (_shard.NextTimer() is not { } next) return longest;
        TimeSpan until = TimeSpan.FromMilliseconds(Math.Max(0, next - _shard.CurrentTime()));
        return until < longest ? until : longest;
    }

    /// <summary>Executes reads first, and answers them at once: all that they can have seen is synced, and they need
    /// not wait for what came with them. One that finds nothing stands in line, and is served with what this turn
    /// brings.</summary>
    private int AnswerReads()
    {
        if (_shard.Store.HasUnsynced) return 0;
        int reads = MoveReadsToTheFront();
        int empty = _shard.Store.BatchBytes;
        for (int i = 0; i < reads; i++) ExecuteNext();
        if (_done.Count == 0 || _shard.Store.BatchBytes > empty) return reads;
        _replies.Complete(_done);
        _done.Clear();
        return reads;
    }

    private int MoveReadsToTheFront()
    {
        int next = _takenNext;
        for (int i = _takenNext; i < _takenCount; i++)
        {
            if (_taken[i].IsRead) _taken[next++] = _taken[i];
            else _changes.Add(_taken[i]);
        }

        _changes.CopyTo(_taken, next);
        _changes.Clear();
        return next - _takenNext;
    }

    private int Execute(bool hasRoom)
    {
        int first = _takenNext;
        if (!hasRoom)
        {
            // No journal file is to be had: nothing can be promised, so nothing is decided.
            BrokerError why = _shard.Store.DiskFull ? BrokerError.DiskFull : BrokerError.Overloaded;
            for (; _takenNext < _takenCount; _takenNext++)
            {
                _taken[_takenNext].Refuse(why);
                _done.Add(_taken[_takenNext]);
            }
        }

        while (_takenNext < _takenCount && _shard.Store.BatchBytes < _maxCommitBytes) ExecuteNext();
        return _takenNext - first;
    }

    /// <summary>It stays in its place until it is executed: one that fails is refused with the rest.</summary>
    private void ExecuteNext()
    {
        if (_taken[_takenNext].Execute(_shard)) _done.Add(_taken[_takenNext]);
        _taken[_takenNext++] = null!;
    }

    /// <summary>Every answer leaves after the commit that covers what it reports, at its queue's level.</summary>
    private void CommitAndReply(long now)
    {
        bool sync =
            _shard.NeedsSync || (_shard.Store.HasUnsynced && now - _lastSync >= HouseInterval.TotalMilliseconds);
        if (_shard.HasWeakReplies)
        {
            ReplyTo(Durability.Memory);
            _shard.Store.Commit(sync: false);
            ReplyTo(Durability.Os);
            if (sync && _shard.Store.HasUnsynced) _shard.Store.SyncPending();
        }
        else
        {
            _shard.Store.Commit(sync);
            if (sync && _shard.Store.HasUnsynced) _shard.Store.SyncPending();
        }

        if (sync) _lastSync = now;
        _lastReplies = _done.Count;
        if (_done.Count == 0) return;
        _replies.Complete(_done);
        _done.Clear();
    }

    private void ReplyTo(Durability level)
    {
        foreach (Command command in _done)
            if (command.ReplyAfter == level) _early.Add(command);
        if (_early.Count == 0) return;
        _done.RemoveAll(command => command.ReplyAfter == level);
        _replies.Complete(_early);
        _early.Clear();
    }

    private void EndWaits()
    {
        _shard.ReleaseWaiters();
        _shard.TakeEnded(_done);
        _replies.Complete(_done);
        _done.Clear();
    }
}
