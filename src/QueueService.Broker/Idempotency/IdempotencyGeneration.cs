using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace QueueService.Broker.Idempotency;

/// <summary>
/// The keyed calls of one hour, each with its fingerprint and outcome: a resource of its own, so that a checkpoint
/// copies an hour at a time, and forgetting is dropping the oldest.
/// </summary>
internal sealed class IdempotencyGeneration
{
    private readonly Dictionary<UInt128, Entry> _entries = [];
    private readonly List<UInt128> _order = [];
    private readonly ArrayBufferWriter<byte> _outcomes = new(256);

    public int Count => _entries.Count;

    /// <summary>Of the outcomes.</summary>
    public int Bytes => _outcomes.WrittenCount;

    public long LastTime { get; private set; }

    public bool TryFind(UInt128 key, out UInt128 fingerprint, out long time, out ReadOnlySpan<byte> outcome)
    {
        bool found = _entries.TryGetValue(key, out Entry entry);
        fingerprint = entry.Fingerprint;
        time = entry.Time;
        outcome = _outcomes.WrittenSpan.Slice(entry.Start, entry.Length);
        return found;
    }

    /// <param name="payload">16 bytes of key, 16 of fingerprint, the outcome.</param>
    public void Add(ReadOnlySpan<byte> payload, long time)
    {
        UInt128 key = BinaryPrimitives.ReadUInt128LittleEndian(payload);
        UInt128 fingerprint = BinaryPrimitives.ReadUInt128LittleEndian(payload[16..]);
        ReadOnlySpan<byte> outcome = payload[32..];
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out bool exists);
        if (!exists) _order.Add(key);
        entry = new Entry(fingerprint, time, _outcomes.WrittenCount, outcome.Length);
        _outcomes.Write(outcome);
        LastTime = Math.Max(LastTime, time);
    }

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)_order.Count);
        foreach (UInt128 key in _order)
        {
            Entry entry = _entries[key];
            Span<byte> head = output.GetSpan(32);
            BinaryPrimitives.WriteUInt128LittleEndian(head, key);
            BinaryPrimitives.WriteUInt128LittleEndian(head[16..], entry.Fingerprint);
            output.Advance(32);
            output.WriteVarint((ulong)entry.Time);
            output.WriteVarint((ulong)entry.Length);
            output.Write(_outcomes.WrittenSpan.Slice(entry.Start, entry.Length));
        }
    }

    public void Restore(ref SpanReader input)
    {
        for (ulong count = input.ReadVarint(); count > 0; count--)
        {
            UInt128 key = BinaryPrimitives.ReadUInt128LittleEndian(input.ReadBytes(16));
            UInt128 fingerprint = BinaryPrimitives.ReadUInt128LittleEndian(input.ReadBytes(16));
            long time = (long)input.ReadVarint();
            ReadOnlySpan<byte> outcome = input.ReadBytes((int)input.ReadVarint());
            _order.Add(key);
            _entries.Add(key, new Entry(fingerprint, time, _outcomes.WrittenCount, outcome.Length));
            _outcomes.Write(outcome);
            LastTime = Math.Max(LastTime, time);
        }
    }

    private readonly record struct Entry(UInt128 Fingerprint, long Time, int Start, int Length);
}
