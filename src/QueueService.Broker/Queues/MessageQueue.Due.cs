using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QueueService.Broker.Queues;

/// <summary>
/// What becomes due: leases and delays that end. Most messages are then ready again. A delivery that failed may have to
/// wait longer (the retry policy) or go away (the redrive policy): those stand aside until a record says so.
/// </summary>
internal sealed partial class MessageQueue
{
    private readonly DeadlineHeap _deadlines = new();
    private readonly Queue<long> _toRetry = new();
    private readonly Queue<long> _doomed = new();
    private int _readyCount;
    private int _leasedCount;
    private int _waitingCount;
    private int _failedCount;

    /// <summary>What comes after a lease or a delay.</summary>
    private enum Fate
    {
        Ready,
        Retry,
        DeadLetter,
        Expired,
    }

    /// <summary>Makes what is due by now ready to be handed out again, or puts it aside.</summary>
    public void Promote(long now)
    {
        while (_deadlines.Count > 0 && _deadlines.First is var (deadline, position) && deadline <= now)
        {
            _deadlines.Pop();
            ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, position);
            if (Unsafe.IsNullRef(ref touched) || touched.IsDue || touched.Deadline != deadline) continue;
            Unindex(position, touched);
            EndHold(position);
            Fate fate = FateOf(position, touched, now);
            touched.IsReady = fate == Fate.Ready;
            touched.HasFailed = fate != Fate.Ready;
            if (fate == Fate.Ready)
            {
                _readyCount++;
                if (_groups?.Return(position) != true) ReadyLine(position)?.Enqueue(position);
            }
            else
            {
                _failedCount++;
                (fate switch { Fate.Retry => _toRetry, Fate.Expired => _expired, _ => _doomed }).Enqueue(position);
                _groups?.Leave(LaneOf(position), position, leased: false);
            }

            _groups?.Refresh(position);
        }

        FindExpired(now);
    }

    /// <summary>A message whose delivery failed and which has to wait before the next; null when there is
    /// none.</summary>
    public long? NextToRetry(out Touched touched) => NextFailed(_toRetry, remove: true, out touched);

    /// <summary>Whoever received last moves dead letters himself. Nobody remembers it over a restart.</summary>
    public bool IsMovedByReceives { get; set; }

    /// <summary>Messages that are to be moved to the dead-letter queue, in the order of their failures. They stay in
    /// line until a record takes them out.</summary>
    /// <param name="until">Those that failed by then.</param>
    public void Doomed(int max, long until, List<(long Position, Touched Touched)> doomed)
    {
        NextFailed(_doomed, remove: false, out _);
        foreach (long position in _doomed)
        {
            if (doomed.Count == max) return;
            if (!_touched.TryGetValue(position, out Touched touched) || !touched.HasFailed) continue;
            if (touched.Deadline > until) return;
            doomed.Add((position, touched));
        }
    }

    public bool HasDoomed => HasDoomedUntil(long.MaxValue);

    public bool HasDoomedUntil(long until) =>
        NextFailed(_doomed, remove: false, out Touched touched) is not null && touched.Deadline <= until;

    /// <summary>When somebody who waits may get something: the next lease or delay ends, or, in a FIFO queue, the next
    /// time to live, which may be that of a message that others wait for; long.MaxValue when there is none.</summary>
    public long NextDue() => IsFifo ? Math.Min(NextDeadline(), NextExpiry()) : NextDeadline();

    private long NextDeadline()
    {
        while (_deadlines.Count > 0)
        {
            (long deadline, long position) = _deadlines.First;
            if (_touched.TryGetValue(position, out Touched touched) && !touched.IsDue && touched.Deadline == deadline)
                return deadline;
            _deadlines.Pop();
        }

        return long.MaxValue;
    }

    /// <summary>The number of failed deliveries that a message may have is reached, or its time to live is over and the
    /// policy wants it.</summary>
    public bool IsDoomed(in Touched touched) => Config.Redrive is { } redrive
        && (touched.ReceiveCount >= redrive.MaxReceiveCount || (touched.IsExpired && redrive.IncludeExpired));

    private Fate FateOf(long position, in Touched touched, long now)
    {
        if (IsDoomed(touched)) return Fate.DeadLetter;
        if (touched.IsExpired || IsPastTtl(position, now)) return Fate.Expired;
        return touched.IsLeased && Config.Retry.Kind != RetryKind.None ? Fate.Retry : Fate.Ready;
    }

    private long? NextFailed(Queue<long> line, bool remove, out Touched touched)
    {
        touched = default;
        while (line.TryPeek(out long position))
        {
            bool stands = _touched.TryGetValue(position, out touched) && touched.HasFailed;
            if (remove || !stands) line.Dequeue();
            if (stands) return position;
        }

        return null;
    }

    /// <summary>Other policies, another fate: what is ready or failed is looked at again.</summary>
    private void Reconsider()
    {
        ClearReadyLines();
        _toRetry.Clear();
        _doomed.Clear();
        foreach (long position in _touched.Keys.ToList())
        {
            ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, position);
            if (!touched.IsDue) continue;
            Unindex(position, touched);
            touched.IsReady = touched.HasFailed = false;
            Index(position, touched);
        }
    }

    private void Unindex(long position, in Touched touched)
    {
        if (!touched.IsReady) _groups?.EndLeave(position, touched.IsLeased && !touched.HasFailed);
        if (touched.IsReady) _readyCount--;
        else if (touched.HasFailed) _failedCount--;
        else if (touched.IsLeased) _leasedCount--;
        else _waitingCount--;
    }

    /// <summary>Puts a changed entry into the derived counts and the heap.</summary>
    private void Index(long position, in Touched touched)
    {
        if (touched.IsLeased) _leasedCount++;
        else _waitingCount++;
        if (touched.IsLeased && IsFifo) NoteLease(position);
        if (!touched.IsLeased && _expiries.Count > 0) AwaitExpiry(position);
        _groups?.Leave(LaneOf(position), position, touched.IsLeased);
        _groups?.Refresh(position);
        _deadlines.Push(touched.Deadline, position);
        if (_deadlines.Count > (2 * _touched.Count) + 1024) RebuildDeadlines();
    }

    private void RebuildDeadlines()
    {
        _deadlines.Clear();
        foreach ((long position, Touched touched) in _touched)
            if (!touched.IsDue) _deadlines.Push(touched.Deadline, position);
    }
}
