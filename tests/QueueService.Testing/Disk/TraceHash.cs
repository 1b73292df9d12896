using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace QueueService.Testing.Disk;

/// <summary>A running hash that is the same in every process, unlike <see cref="HashCode"/>; not cryptographic.
/// </summary>
internal sealed class TraceHash
{
    private const ulong Prime = 0x9E3779B185EBCA87;

    public ulong Value { get; private set; } = 0x27D4EB2F165667C5;

    public void Add(long number) => Value = ulong.RotateLeft((Value ^ (ulong)number) * Prime, 29);

    public void Add(string text)
    {
        Add(text.Length);
        foreach (var character in text)
            Add(character);
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (var number in MemoryMarshal.Cast<byte, long>(bytes))
            Add(BitConverter.IsLittleEndian ? number : BinaryPrimitives.ReverseEndianness(number));
        foreach (var single in bytes[(bytes.Length & ~7)..])
            Add(single);
    }
}
