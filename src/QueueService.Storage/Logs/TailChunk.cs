using System.Runtime.InteropServices;

namespace QueueService.Storage.Logs;

/// <summary>
/// A slab of native memory with consecutive records of one log. Records grow from the front, the table of their
/// positions from the back. The loop writes; readers on other threads only touch records that they pinned before.
/// <code>
/// | time, payload | time, payload | …          free          … | position 1 | position 0 |
/// </code>
/// A position with its highest bit set is a hole: its offset has no record.
/// </summary>
internal sealed unsafe class TailChunk
{
    private const int TimeBytes = sizeof(long);
    private const int SlotBytes = sizeof(int);
    private const int HoleBit = int.MinValue;

    private readonly TailCache _owner;
    private readonly byte* _memory;
    private int _used;
    private int _references = 1;

    public TailChunk(TailCache owner, byte* memory, int capacity, long baseOffset)
    {
        _owner = owner;
        _memory = memory;
        Capacity = capacity;
        BaseOffset = baseOffset;
    }

    public int Capacity { get; }

    public byte* Memory => _memory;

    public long BaseOffset { get; private set; }

    public int Count { get; private set; }

    /// <summary>Bytes of records, without the free space.</summary>
    public int Used => _used;

    public long EndOffset => BaseOffset + Count;

    /// <summary>How far the chunk is on its way to a segment file.</summary>
    public ChunkState State { get; set; }

    /// <summary>The capacity that one record of this size needs.</summary>
    public static int CapacityFor(int payload) => checked(TimeBytes + payload + SlotBytes);

    public bool TryAppend(long time, ReadOnlySpan<byte> payload)
    {
        int bytes = TimeBytes + payload.Length;
        if (_used + bytes + ((Count + 1) * SlotBytes) > Capacity) return false;
        *(long*)(_memory + _used) = time;
        payload.CopyTo(new Span<byte>(_memory + _used + TimeBytes, payload.Length));
        Slot(Count) = _used;
        _used += bytes;
        Count++;
        return true;
    }

    /// <summary>Takes the place of an offset that has no record, so that the ones around it can share a chunk.
    /// </summary>
    public bool TryAppendHole(long time)
    {
        if (!TryAppend(time, [])) return false;
        Slot(Count - 1) |= HoleBit;
        return true;
    }

    public bool IsHole(int index) => (Slot(index) & HoleBit) != 0;

    /// <summary>Its memory is gone.</summary>
    public bool IsFree => Volatile.Read(ref _references) == 0;

    public int PayloadLength(int index) => End(index) - Position(index) - TimeBytes;

    /// <summary>For a hole, the time of the record that follows.</summary>
    public long Time(int index) => *(long*)(_memory + Position(index));

    public PinnedRecord Pin(int index)
    {
        Interlocked.Increment(ref _references);
        return new PinnedRecord(this, _memory + Position(index) + TimeBytes, PayloadLength(index), Time(index));
    }

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0) _owner.Return(this);
    }

    /// <summary>Starts over when nobody reads it: a queue that keeps up stays in one slab.</summary>
    public bool TryReset(long baseOffset)
    {
        if (Volatile.Read(ref _references) != 1) return false;
        _used = 0;
        Count = 0;
        BaseOffset = baseOffset;
        return true;
    }

    /// <summary>The chunk as it is now, for another thread: records appended later do not show in it.</summary>
    public ChunkView View(List<(int First, int Count)> live)
    {
        AddReference();
        return new ChunkView(this, Count, _used, live);
    }

    /// <summary>The n-th record of a view, which may be older than the chunk.</summary>
    internal ReadOnlySpan<byte> Payload(int index, in ChunkView view)
    {
        int start = Position(index) + TimeBytes;
        int end = index + 1 < view.Count ? Position(index + 1) : view.Used;
        return new ReadOnlySpan<byte>(_memory + start, end - start);
    }

    private int End(int index) => index + 1 < Count ? Position(index + 1) : _used;

    private int Position(int index) => Slot(index) & ~HoleBit;

    private ref int Slot(int index) => ref *(int*)(_memory + Capacity - ((index + 1) * SlotBytes));
}

/// <summary>A chunk at one moment, with the ranges of records that are still needed. Release it once.</summary>
internal readonly record struct ChunkView(TailChunk Chunk, int Count, int Used, List<(int First, int Count)> Live);

/// <summary>How far a chunk is on its way to a segment file.</summary>
internal enum ChunkState : byte
{
    /// <summary>Takes more records.</summary>
    Active,

    /// <summary>Full; its records are in memory and in the journal only.</summary>
    Sealed,

    /// <summary>The background writer copies it to a segment.</summary>
    Spilling,

    /// <summary>Its live records are in a segment: the memory is a cache.</summary>
    Spilled,
}

/// <summary>A record that stays in memory until it is released. Release it once.</summary>
public readonly unsafe struct PinnedRecord
{
    private readonly TailChunk? _chunk;
    private readonly byte* _payload;
    private readonly int _length;

    internal PinnedRecord(TailChunk chunk, byte* payload, int length, long time)
    {
        _chunk = chunk;
        _payload = payload;
        _length = length;
        Time = time;
    }

    public bool IsPinned => _chunk is not null;

    /// <summary>Unix milliseconds.</summary>
    public long Time { get; }

    public int Length => _length;

    public ReadOnlySpan<byte> Payload => new(_payload, _length);

    public void Release() => _chunk?.Release();
}
