using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace QueueService.Broker;

/// <summary>Reads the little-endian and variable-length integers that records and snapshots are made of.</summary>
internal ref struct SpanReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public readonly bool IsEmpty => _rest.IsEmpty;

    public ulong ReadVarint()
    {
        ulong value = 0;
        int used = 0;
        while (true)
        {
            byte part = _rest[used];
            value |= (ulong)(part & 0x7F) << (7 * used++);
            if (part < 0x80) break;
        }

        _rest = _rest[used..];
        return value;
    }

    /// <summary>For bytes that somebody else wrote: answers false, and reads nothing, when no number is next.</summary>
    public bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (int used = 0; used < _rest.Length && used < RecordWriting.MaxVarintBytes; used++)
        {
            value |= (ulong)(_rest[used] & 0x7F) << (7 * used);
            if (_rest[used] >= 0x80) continue;
            _rest = _rest[(used + 1)..];
            return true;
        }

        return false;
    }

    public ulong ReadFixed()
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        _rest = _rest[sizeof(ulong)..];
        return value;
    }

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        ReadOnlySpan<byte> read = _rest[..count];
        _rest = _rest[count..];
        return read;
    }

    public string ReadText()
    {
        int length = (int)ReadVarint();
        string text = Encoding.UTF8.GetString(_rest[..length]);
        _rest = _rest[length..];
        return text;
    }
}

/// <summary>Writes what <see cref="SpanReader"/> reads.</summary>
internal static class RecordWriting
{
    public const int MaxVarintBytes = 10;

    public static int WriteVarint(Span<byte> bytes, ulong value)
    {
        int used = 0;
        while (value >= 0x80)
        {
            bytes[used++] = (byte)(value | 0x80);
            value >>= 7;
        }

        bytes[used++] = (byte)value;
        return used;
    }

    /// <summary>Bytes that <see cref="WriteVarint(Span{byte}, ulong)"/> takes.</summary>
    public static int MeasureVarint(ulong value) =>
        ((63 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7) + 1;

    public static void WriteVarint(this IBufferWriter<byte> output, ulong value) =>
        output.Advance(WriteVarint(output.GetSpan(MaxVarintBytes), value));

    public static void WriteFixed(this IBufferWriter<byte> output, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), value);
        output.Advance(sizeof(ulong));
    }

    public static void WriteText(this IBufferWriter<byte> output, string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        output.WriteVarint((ulong)length);
        Encoding.UTF8.GetBytes(text, output.GetSpan(length));
        output.Advance(length);
    }
}
