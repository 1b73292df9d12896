using System.Numerics;
using System.Runtime.InteropServices;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Storage.Compaction;

namespace QueueService.Broker.Streams;

/// <summary>What compaction knows of a record: 128 bits of SipHash of its key, by a secret of the store, so that nobody
/// can make two keys that count as one.</summary>
internal static class RecordKeys
{
    public static KeyReader Reader(ulong secret)
    {
        ulong low = secret ^ 0x9AE16A3B2F90404F;
        ulong high = BitOperations.RotateLeft(secret * 0xC2B2AE3D27D4EB4F, 31);
        return record =>
        {
            ReadOnlySpan<byte> key = MessageFormat.Key(record);
            return key.IsEmpty ? null : new RecordKey(HashOf(key, low, high), MessageFormat.IsTombstone(record));
        };
    }

    private static UInt128 HashOf(ReadOnlySpan<byte> key, ulong low, ulong high)
    {
        Span<ulong> words = stackalloc ulong[(StreamLimits.KeyBytes / sizeof(ulong))];
        words = words[..((key.Length + 7) / sizeof(ulong))];
        words[^1] = 0;
        key.CopyTo(MemoryMarshal.AsBytes(words));
        return new UInt128(
            ReceiptSeal.SipHash(high, low, words, (ulong)key.Length),
            ReceiptSeal.SipHash(low, high, words, (ulong)key.Length));
    }
}
