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
    private readonly Queue<long> _ready = new();
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
    }

    /// <summary>Makes what is due by now ready to be handed out again, or puts it aside.</summary>
    public void Promote(long now)
    {
        while (_deadlines.Count > 0 && _deadlines.First is var (deadline, offset) && deadline <= now)
        {
            _deadlines.Pop();
            ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, offset);
            if (Unsafe.IsNullRef(ref touched) || touched.IsDue || touched.Deadline != deadline) continue;
            Unindex(touched);
            EndHold(offset);
            Fate fate = FateOf(touched);
            touched.IsReady = fate == Fate.Ready;
            touched.HasFailed = fate != Fate.Ready;
            if (fate == Fate.Ready) _readyCount++;
            else _failedCount++;
            (fate switch { Fate.Ready => _ready, Fate.Retry => _toRetry, _ => _doomed }).Enqueue(offset);
        }
    }

    /// <summary>A message whose delivery failed and which has to wait before the next; null when there is none.</summary>
    public long? NextToRetry(out Touched touched) => NextFailed(_toRetry, remove: true, out touched);

    /// <summary>Messages that are to be moved to the dead-letter queue, in the order of their failures. They stay in
    /// line until a record takes them out.</summary>
    public void Doomed(int max, List<(long Offset, Touched Touched)> doomed)
    {
        NextFailed(_doomed, remove: false, out _);
        foreach (long offset in _doomed)
        {
            if (doomed.Count == max) return;
            if (_touched.TryGetValue(offset, out Touched touched) && touched.HasFailed) doomed.Add((offset, touched));
        }
    }

    public bool HasDoomed => NextFailed(_doomed, remove: false, out _) is not null;

    /// <summary>When the next lease or delay ends; long.MaxValue when there is none.</summary>
    public long NextDue()
    {
        while (_deadlines.Count > 0)
        {
            (long deadline, long offset) = _deadlines.First;
            if (_touched.TryGetValue(offset, out Touched touched) && !touched.IsDue && touched.Deadline == deadline)
                return deadline;
            _deadlines.Pop();
        }

        return long.MaxValue;
    }

    /// <summary>The number of failed deliveries that a message may have is reached.</summary>
    public bool IsDoomed(in Touched touched) =>
        Config.Redrive is { } redrive && touched.ReceiveCount >= redrive.MaxReceiveCount;

    private Fate FateOf(in Touched touched)
    {
        if (IsDoomed(touched)) return Fate.DeadLetter;
        return touched.IsLeased && Config.Retry.Kind != RetryKind.None ? Fate.Retry : Fate.Ready;
    }

    private long? NextFailed(Queue<long> line, bool remove, out Touched touched)
    {
        touched = default;
        while (line.TryPeek(out long offset))
        {
            bool stands = _touched.TryGetValue(offset, out touched) && touched.HasFailed;
            if (remove || !stands) line.Dequeue();
            if (stands) return offset;
        }

        return null;
    }

    /// <summary>Other policies, another fate: what is ready or failed is looked at again.</summary>
    private void Reconsider()
    {
        _ready.Clear();
        _toRetry.Clear();
        _doomed.Clear();
        foreach (long offset in _touched.Keys.ToList())
        {
            ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, offset);
            if (!touched.IsDue) continue;
            Unindex(touched);
            touched.IsReady = touched.HasFailed = false;
            Index(offset, touched);
        }
    }

    private void Unindex(in Touched touched)
    {
        if (touched.IsReady) _readyCount--;
        else if (touched.HasFailed) _failedCount--;
        else if (touched.IsLeased) _leasedCount--;
        else _waitingCount--;
    }

    /// <summary>Puts a changed entry into the derived counts and the heap.</summary>
    private void Index(long offset, in Touched touched)
    {
        if (touched.IsLeased) _leasedCount++;
        else _waitingCount++;
        _deadlines.Push(touched.Deadline, offset);
        if (_deadlines.Count > (2 * _touched.Count) + 1024) RebuildDeadlines();
    }

    private void RebuildDeadlines()
    {
        _deadlines.Clear();
        foreach ((long offset, Touched touched) in _touched)
            if (!touched.IsDue) _deadlines.Push(touched.Deadline, offset);
    }
}
