using System.Numerics;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Shards;

/// <summary>
/// The ends of long-polls: a timer wheel with a slot per millisecond, so that adding and removing cost the same however
/// many wait. Its span of 65 seconds covers the longest long-poll (60 s).
/// </summary>
internal sealed class WaiterWheel
{
    private const int Slots = 1 << 16;
    private const int Mask = Slots - 1;

    private readonly ReceiveCommand?[] _slots = new ReceiveCommand?[Slots];
    private readonly ulong[] _occupied = new ulong[Slots / 64];
    private long _now;

    public WaiterWheel(long now) => _now = now;

    public int Count { get; private set; }

    /// <summary>One that is due before all others; null when nothing waits.</summary>
    public ReceiveCommand? First => NextDue() is { } due ? _slots[(int)due & Mask] : null;

    /// <summary>Due times beyond the span of the wheel, counted from the last <see cref="TakeDue"/>, fire at its end.
    /// </summary>
    public void Add(ReceiveCommand waiter, long due)
    {
        waiter.Due = Math.Clamp(due, _now + 1, _now + Mask);
        int slot = (int)waiter.Due & Mask;
        waiter.PreviousInSlot = null;
        waiter.NextInSlot = _slots[slot];
        if (waiter.NextInSlot is { } next) next.PreviousInSlot = waiter;
        _slots[slot] = waiter;
        _occupied[slot / 64] |= 1UL << (slot % 64);
        Count++;
    }

    public void Remove(ReceiveCommand waiter)
    {
        int slot = (int)waiter.Due & Mask;
        if (waiter.PreviousInSlot is { } previous) previous.NextInSlot = waiter.NextInSlot;
        else _slots[slot] = waiter.NextInSlot;
        if (waiter.NextInSlot is { } next) next.PreviousInSlot = waiter.PreviousInSlot;
        if (_slots[slot] is null) _occupied[slot / 64] &= ~(1UL << (slot % 64));
        waiter.PreviousInSlot = waiter.NextInSlot = null;
        Count--;
    }

    /// <summary>Takes out one that is due; null when there is none left.</summary>
    public ReceiveCommand? TakeDue(long now)
    {
        if (NextDue() is not { } due || due > now)
        {
            _now = Math.Max(_now, now);
            return null;
        }

        _now = due - 1;
        ReceiveCommand waiter = _slots[(int)due & Mask]!;
        Remove(waiter);
        return waiter;
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
