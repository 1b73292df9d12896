using System.Numerics;

namespace QueueService.Broker.Shards;

/// <summary>Something that waits until a time, linked into the wheel by itself.</summary>
internal interface ITimed
{
    ITimed? Previous { get; set; }

    ITimed? Next { get; set; }

    long Due { get; set; }
}

/// <summary>
/// A timer wheel with a slot per millisecond: adding and removing cost the same however many wait. Its span of 65
/// seconds covers the longest long-poll (60 s).
/// </summary>
internal sealed class WaiterWheel
{
    private const int Slots = 1 << 16;
    private const int Mask = Slots - 1;

    private readonly ITimed?[] _slots = new ITimed?[Slots];
    private readonly ulong[] _occupied = new ulong[Slots / 64];
    private long _now;

    public int Count { get; private set; }

    public void Start(long now) => _now = now;

    /// <summary>Due times beyond the span of the wheel fire at its end.</summary>
    public void Add(ITimed timed, long due)
    {
        timed.Due = Math.Clamp(due, _now + 1, _now + Mask);
        int slot = (int)timed.Due & Mask;
        timed.Previous = null;
        timed.Next = _slots[slot];
        if (timed.Next is { } next) next.Previous = timed;
        _slots[slot] = timed;
        _occupied[slot / 64] |= 1UL << (slot % 64);
        Count++;
    }

    public void Remove(ITimed timed)
    {
        int slot = (int)timed.Due & Mask;
        if (timed.Previous is { } previous) previous.Next = timed.Next;
        else _slots[slot] = timed.Next;
        if (timed.Next is { } next) next.Previous = timed.Previous;
        if (_slots[slot] is null) _occupied[slot / 64] &= ~(1UL << (slot % 64));
        timed.Previous = timed.Next = null;
        Count--;
    }

    /// <summary>Takes out one that is due; null when there is none left.</summary>
    public ITimed? TakeDue(long now)
    {
        if (NextDue() is not { } due || due > now)
        {
            _now = Math.Max(_now, now);
            return null;
        }

        _now = due - 1;
        ITimed timed = _slots[(int)due & Mask]!;
        Remove(timed);
        return timed;
    }

    /// <summary>When the next one is due; null when nothing waits.</summary>
    public long? NextDue()
    {
        if (Count == 0) return null;
        int start = (int)(_now + 1) & Mask;
        for (int i = 0; i <= _occupied.Length; i++)
        {
            int word = ((start / 64) + i) % _occupied.Length;
            ulong bits = _occupied[word];
            if (i == 0) bits &= ulong.MaxValue << (start % 64);
            if (i == _occupied.Length) bits &= ~(ulong.MaxValue << (start % 64));
            if (bits == 0) continue;
            int slot = (word * 64) + BitOperations.TrailingZeroCount(bits);
            return _now + 1 + ((slot - start) & Mask);
        }

        return null;
    }
}
