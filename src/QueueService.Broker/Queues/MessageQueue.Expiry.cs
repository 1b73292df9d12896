using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QueueService.Broker.Queues;

/// <summary>
/// Messages with a time to live. Nobody gets one after its time is over: before a receive chooses, what has expired is
/// written down as ended, or as on its way to the dead-letter queue. A leased one may still be acknowledged; when its
/// lease ends otherwise, it has expired.
/// </summary>
internal sealed partial class MessageQueue
{
    private readonly Dictionary<long, long> _expiries = [];
    private readonly DeadlineHeap _expiryTimes = new();
    private readonly Queue<long> _expired = new();

    public bool HasExpiries => _expiries.Count > 0;

    /// <summary>As of the last <see cref="Promote"/>: something has expired and is not written down yet.</summary>
    public bool HasExpired => _expired.Count > 0;

    /// <summary>Unix milliseconds; 0 for a message without a time to live.</summary>
    public long ExpiryOf(long position) => _expiries.GetValueOrDefault(position);

    /// <summary>Takes expired messages out of the line, in the order of their positions.</summary>
    public long[] TakeExpired(int max, long now)
    {
        var taken = new SortedSet<long>();
        while (taken.Count < max && _expired.TryDequeue(out long position))
            if (IsPresent(position) && HasExpiredBy(position, now)) taken.Add(position);
        return [.. taken];
    }

    private bool HasExpiredBy(long position, long now)
    {
        ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, position);
        if (Unsafe.IsNullRef(ref touched)) return IsPastTtl(position, now);
        if (touched.IsLeased && !touched.IsDue) return false;

        // It goes to the dead-letter queue as it is, and must not stand in line for that twice.
        if (touched.HasFailed && IsDoomed(touched)) return false;
        return touched.IsExpired || IsPastTtl(position, now);
    }

    private bool IsPastTtl(long position, long now) =>
        _expiries.Count > 0 && _expiries.TryGetValue(position, out long expiry) && expiry <= now;

    /// <summary>Finds what expires by now; what is leased is looked at when its lease ends.</summary>
    private void FindExpired(long now)
    {
        while (_expiryTimes.Count > 0 && _expiryTimes.First is var (time, position) && time <= now)
        {
            _expiryTimes.Pop();
            if (_expiries.GetValueOrDefault(position) != time) continue;
            _touched.TryGetValue(position, out Touched touched);
            if (touched.IsLeased && !touched.IsDue) continue;
            if (!touched.HasFailed || !IsDoomed(touched)) _expired.Enqueue(position);
        }
    }

    private long NextExpiry()
    {
        while (_expiryTimes.Count > 0 && _expiryTimes.First is var (time, position))
        {
            if (_expiries.GetValueOrDefault(position) == time) return time;
            _expiryTimes.Pop();
        }

        return long.MaxValue;
    }

    /// <summary>It was perhaps looked at while it was leased, and passed over.</summary>
    private void AwaitExpiry(long position)
    {
        if (_expiries.TryGetValue(position, out long expiry)) PushExpiry(position, expiry);
    }

    private void SetExpiry(long position, long expiry)
    {
        _expiries.Add(position, expiry);
        PushExpiry(position, expiry);
    }

    private void PushExpiry(long position, long expiry)
    {
        _expiryTimes.Push(expiry, position);
        if (_expiryTimes.Count <= (2 * _expiries.Count) + 1024) return;
        _expiryTimes.Clear();
        foreach ((long other, long time) in _expiries) _expiryTimes.Push(time, other);
    }

    private void ForgetExpiriesBelow(Lane lane, long floor)
    {
        if (_expiries.Count == 0) return;
        foreach (long position in _expiries.Keys)
            if (position >= lane.Floor && position < floor) _expiries.Remove(position);
    }

    /// <summary>They stand aside until they are moved to the dead-letter queue.</summary>
    private void ApplyExpiring(ReadOnlySpan<byte> payload, long time)
    {
        var runs = new OffsetRuns(payload);
        while (runs.MoveNext())
        {
            for (long position = runs.First; position < runs.First + runs.Length; position++)
            {
                ref Touched touched = ref Touch(position);
                touched.Fail(time);
                touched.Deadline = time;
                touched.IsExpired = true;
                touched.IsLeased = touched.IsReady = touched.HasFailed = false;
                _expiries.Remove(position);
                Index(position, touched);
            }
        }
    }

    private void ApplyRescheduled(ReadOnlySpan<byte> payload, long visibleAt)
    {
        var runs = new OffsetRuns(payload);
        while (runs.MoveNext())
        {
            for (long position = runs.First; position < runs.First + runs.Length; position++)
            {
                ref Touched touched = ref Touch(position);
                if (touched.IsReady) LeaveReadyLine(position);
                touched.Deadline = visibleAt;
                touched.IsLeased = touched.IsReady = touched.HasFailed = false;
                Index(position, touched);
            }
        }
    }

    /// <summary>The entry of a message, out of all counts: made when there is none.</summary>
    private ref Touched Touch(long position)
    {
        ref Touched touched = ref CollectionsMarshal.GetValueRefOrAddDefault(_touched, position, out bool exists);
        if (exists) Unindex(position, touched);
        else LaneOf(position).Touch(position);
        return ref touched;
    }

    private void CaptureExpiries(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)_expiries.Count);
        foreach ((long position, long expiry) in _expiries.OrderBy(static entry => entry.Key))
        {
            output.WriteVarint((ulong)position);
            output.WriteVarint((ulong)expiry);
        }
    }

    private void RestoreExpiries(ref SpanReader input)
    {
        for (ulong count = input.ReadVarint(); count > 0; count--)
            SetExpiry((long)input.ReadVarint(), (long)input.ReadVarint());
    }
}
