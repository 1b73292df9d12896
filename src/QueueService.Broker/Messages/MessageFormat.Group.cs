using System.Buffers.Binary;
using System.Runtime.InteropServices;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Messages;

/// <summary>The group of a message, as a hash: its lane follows from it, so the function never changes.</summary>
internal static partial class MessageFormat
{
    /// <summary>Of the message's group; of the empty name when it has none.</summary>
    public static ulong GroupHash(ReadOnlySpan<byte> message)
    {
        if (!HasHeaders(message)) return NoGroupHash;
        int length = BinaryPrimitives.ReadInt32LittleEndian(message[MinHeaderBytes..]);
        ReadOnlySpan<byte> fields = message.Slice(MinHeaderBytes + sizeof(uint), length);
        while (!fields.IsEmpty)
        {
            int name = BinaryPrimitives.ReadUInt16LittleEndian(fields[2..]);
            int value = BinaryPrimitives.ReadInt32LittleEndian(fields[4..]);
            if ((Field)fields[0] == Field.GroupId) return HashGroup(fields.Slice(FieldHeaderBytes + name, value));
            fields = fields[(FieldHeaderBytes + name + value)..];
        }

        return NoGroupHash;
    }

    /// <summary>Two groups with the same hash would be one: with 64 bits that costs order at worst, and never happens
    /// by accident.</summary>
    private static ulong HashGroup(ReadOnlySpan<byte> group)
    {
        Span<ulong> words = stackalloc ulong[64];
        words = words[..Math.Min(words.Length, (group.Length + 7) / 8)];
        words.Clear();
        group[..Math.Min(group.Length, words.Length * 8)].CopyTo(MemoryMarshal.AsBytes(words));
        return ReceiptSeal.SipHash(0, 0, words, (ulong)group.Length);
    }
}
