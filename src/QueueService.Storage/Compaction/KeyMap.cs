using System.Numerics;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Compaction;

/// <summary>The last offset of each key, by its hash: open addressing in pages of the system, which get them back at
/// once. 24 bytes a slot.</summary>
internal sealed unsafe class KeyMap : IDisposable
{
    /// <summary>48 MiB, for 1.78 million keys: as many as the smallest records of a segment of 64 MiB can
    /// have.</summary>
    public const int UsualSlots = 1 << 21;

    private Slot* _slots;
    private readonly int _mask;
    private readonly int _most;

    /// <param name="records">As many different keys at most, as far as <see cref="UsualSlots"/> goes.</param>
    /// <param name="atLeast">So many fit, whatever that takes: those of one segment.</param>
    public KeyMap(long records, int atLeast)
    {
        long slots = Math.Max(Math.Min(SlotsFor(records), UsualSlots), SlotsFor(atLeast));
        _mask = checked((int)slots - 1);
        _most = (int)(slots * 17 / 20);
        _slots = (Slot*)PageMemory.Map(Bytes);
    }

    public int Count { get; private set; }

    private int Bytes => checked((_mask + 1) * sizeof(Slot));

    /// <summary>Answers false when the key is new and there is no room for it.</summary>
    public bool TryAdd(UInt128 key, long offset)
    {
        Slot* slot = Find(key);
        if (slot->Next == 0)
        {
            if (Count == _most) return false;
            Count++;
            slot->Key = key;
        }

        slot->Next = offset + 1;
        return true;
    }

    /// <summary>-1 for a key that was not added.</summary>
    public long LastOf(UInt128 key) => Find(key)->Next - 1;

    public void Dispose()
    {
        if (_slots != null) PageMemory.Unmap(_slots, Bytes);
        _slots = null;
    }

    private static long SlotsFor(long keys) =>
        (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(64, (keys * 20 / 17) + 1));

    private Slot* Find(UInt128 key)
    {
        int at = (int)(ulong)key & _mask;
        while (_slots[at].Next != 0 && _slots[at].Key != key) at = (at + 1) & _mask;
        return _slots + at;
    }

    /// <summary>Free when <see cref="Next"/> is 0.</summary>
    private struct Slot
    {
        public UInt128 Key;
        public long Next;
    }
}
