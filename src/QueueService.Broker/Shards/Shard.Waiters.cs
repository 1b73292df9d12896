using QueueService.Broker.Queues;

namespace QueueService.Broker.Shards;

/// <summary>Receives that wait: who is looked at in this turn, and when the loop has to look again.</summary>
internal sealed partial class Shard
{
    private readonly List<MessageQueue> _toDispatch = [];
    private readonly List<MessageQueue> _unfinished = [];
    private readonly List<ReceiveCommand> _impatient = [];
    private readonly List<ReceiveCommand> _late = [];
    private readonly List<Command> _ended = [];
    private readonly PriorityQueue<MessageQueue, long> _queueTimers = new();

    /// <summary>The receive stands in its queue's line now. Without a wait it stands there for this turn
    /// only.</summary>
    public void AddWaiter(ReceiveCommand waiter, long wait)
    {
        _waiters.Add(waiter, Now + wait);
        if (wait <= 0) AddImpatient(waiter);
        if (waiter.Queue!.IsSubscription) waiter.Queue.FanOut!.Listen(waiter.Queue);
        SetTimer(waiter.Queue);
    }

    /// <summary>Completed receives that no longer stand in a line go to <paramref name="done"/>.</summary>
    public void TakeEnded(List<Command> done)
    {
        done.AddRange(_ended);
        _ended.Clear();
    }

    /// <summary>Ends the wait of a receive whose caller is gone.</summary>
    public void CancelWait(ReceiveCommand waiter, long generation)
    {
        if (waiter.Generation != generation || waiter.Node.List is null) return;
        waiter.AnswerEmpty(this);
        Finish(waiter, _ended);
    }

    /// <summary>The queue is gone: so is everybody's reason to wait.</summary>
    public void EndWaits(MessageQueue queue)
    {
        while ((queue.Waiters.First ?? queue.Parked.First) is { } first)
        {
            first.Value.QueueGone();
            Finish(first.Value, _ended);
        }
    }

    /// <summary>Serves the queues that have something, as far as the commit may grow, and ends the waits that are over.
    /// Completed receives go to <paramref name="done"/>.</summary>
    public void ServeWaiters(List<Command> done, int maxCommitBytes)
    {
        while (_queueTimers.TryPeek(out MessageQueue? queue, out long due) && due <= Now)
        {
            _queueTimers.Dequeue();
            if (queue.TimerDue != due) continue;
            queue.TimerDue = long.MaxValue;
            Dispatch(queue);
        }

        int looked = 0;
        for (; looked < _toDispatch.Count; looked++)
        {
            MessageQueue queue = _toDispatch[looked];

            // Leases that end by their time make room for the receives that are parked.
            if (queue.Parked.Count > 0) queue.Promote(Now);
            if (queue.IsStream || queue.IsDurable) ServeReaders(queue, done);
            if (queue.HasGaps) TellGaps(queue, done);
            if (!queue.IsStream && !queue.IsDurable) ServeInLine(queue, done, maxCommitBytes);

            // The rest of them gets its turn in the next commit.
            if (queue.Waiters.Count > 0 && Store.BatchBytes >= maxCommitBytes) break;
            if (queue.Waiters.Count > 0 && queue.HasExpired)
            {
                // More than one turn writes down: it goes on in the next.
                _unfinished.Add(queue);
                continue;
            }

            queue.AwaitsDispatch = false;
            if (!queue.HasCallers) continue;
            SetTimer(queue);

            // It may have lost its filter while somebody waited: then nobody but the topic tells it of messages.
            if (queue.IsSubscription) queue.FanOut!.Listen(queue);
        }

        _toDispatch.RemoveRange(0, looked);
        _toDispatch.AddRange(_unfinished);
        _unfinished.Clear();
        int kept = 0;
        for (int i = 0; i < _impatient.Count; i++)
        {
            ReceiveCommand waiter = _impatient[i];
            waiter.IsImpatient = false;
            if (waiter.Node.List is null) continue;
            if (waiter.Queue!.IsBusy && !IsDraining)
            {
                // Looked at again in the next turn, with what was read meanwhile.
                if (waiter.Queue.Filter is not null) waiter.Queue.FanOut!.Scan.Await(waiter.Queue);
                waiter.IsImpatient = true;
                _impatient[kept++] = waiter;
                continue;
            }

            waiter.AnswerEmpty(this);
            Finish(waiter, done);
        }

        _impatient.RemoveRange(kept, _impatient.Count - kept);
        TakeEnded(done);
    }

    private void ServeInLine(MessageQueue queue, List<Command> done, int maxCommitBytes)
    {
        while (queue.Waiters.First is { } first && Store.BatchBytes < maxCommitBytes && first.Value.TryServe(this))
            Finish(first.Value, done);
    }

    /// <summary>Readers of a stream wait for other partitions each, and take nothing away from each other.</summary>
    private void ServeReaders(MessageQueue stream, List<Command> done)
    {
        for (LinkedListNode<ReceiveCommand>? node = stream.Waiters.First; node is not null;)
        {
            ReceiveCommand reader = node.Value;
            node = node.Next;
            if (reader.TryServe(this)) Finish(reader, done);
        }
    }

    /// <summary>Wherever in the line they stand, and also those that wait for room.</summary>
    private void TellGaps(MessageQueue view, List<Command> done)
    {
        view.HasGaps = false;
        foreach (ReceiveCommand reader in view.Waiters.Concat(view.Parked).ToList())
            if (reader.TryTellGap(this)) Finish(reader, done);
    }

    /// <summary>Answers everybody who waits, empty.</summary>
    public void ReleaseWaiters()
    {
        while (_waiters.First is { } waiter)
        {
            waiter.AnswerEmpty(this);
            Finish(waiter, _ended);
        }
    }

    /// <summary>When the loop has to look again although nobody calls; null when never.</summary>
    public long? NextTimer()
    {
        if (_toDispatch.Count > 0) return Now;
        long? next = _waiters.NextDue();
        if (_queueTimers.TryPeek(out _, out long due)) next = Math.Min(next ?? due, due);
        return next;
    }

    /// <summary>Whose time is over is served once more, with what this turn brings, and then answered empty. The wheel
    /// must be turned before anything is added to it: the loop may have slept for any time.</summary>
    private void FindLateWaiters()
    {
        _late.Clear();
        while (_waiters.TakeDue(Now) is { } late) _late.Add(late);
        foreach (ReceiveCommand waiter in _late)
        {
            AddImpatient(waiter);
            _waiters.Add(waiter, Now);

            // Somebody who only looked has found what is to be written down before it can be answered.
            if (waiter.Queue!.HasExpired) Dispatch(waiter.Queue!);
        }
    }

    private void AddImpatient(ReceiveCommand waiter)
    {
        if (waiter.IsImpatient) return;
        waiter.IsImpatient = true;
        _impatient.Add(waiter);
    }

    private void Finish(ReceiveCommand waiter, List<Command> done)
    {
        MessageQueue queue = waiter.Queue!;
        bool wasFirst = queue.Waiters.First == waiter.Node;
        waiter.LeaveLine();
        _waiters.Remove(waiter);
        done.Add(waiter);

        // The next one may be content with what the first could not get: one that leases nothing has no limit.
        if (wasFirst) Dispatch(queue);
    }

    private void SetTimer(MessageQueue queue)
    {
        long due = queue.NextDue();
        if (due >= queue.TimerDue) return;
        queue.TimerDue = due;
        _queueTimers.Enqueue(queue, due);
        if (_queueTimers.Count > (2 * _queues.Count) + 1024) DropStaleTimers();
    }

    /// <summary>A timer that was set earlier leaves its old entry behind, which may be due in a year only.</summary>
    private void DropStaleTimers()
    {
        _queueTimers.Clear();
        foreach (MessageQueue queue in _queues.Values)
            if (queue.TimerDue != long.MaxValue) _queueTimers.Enqueue(queue, queue.TimerDue);
    }
}
