using System.Numerics;

namespace QueueService.Broker.Queues;

/// <summary>
/// Seals receipt handles with SipHash-2-4 (Aumasson and Bernstein, 2012), keyed by the store's secret: 64 bits that
/// nobody outside can make. No keyed hash of the framework is as cheap: this runs once per message received.
/// </summary>
internal readonly struct ReceiptSeal(ulong secret)
{
    private readonly ulong _key0 = secret;
    private readonly ulong _key1 = BitOperations.RotateLeft(secret * 0x9E3779B97F4A7C15UL, 29) ^ 0xD6E8FEB86659FD93UL;

    public ReceiptHandle Issue(uint queue, long offset, int receiveCount, long epoch) =>
        new(queue, (uint)receiveCount, epoch, offset, Compute(queue, (uint)receiveCount, epoch, offset));

    public bool Verify(in ReceiptHandle handle) =>
        Compute(handle.Queue, handle.ReceiveCount, handle.Epoch, handle.SequenceNumber) == handle.Seal;

    /// <summary>The published function over three words and the length word.</summary>
    internal static ulong SipHash(ulong key0, ulong key1, ReadOnlySpan<ulong> words, ulong lastWord)
    {
        ulong v0 = key0 ^ 0x736f6d6570736575;
        ulong v1 = key1 ^ 0x646f72616e646f6d;
        ulong v2 = key0 ^ 0x6c7967656e657261;
        ulong v3 = key1 ^ 0x7465646279746573;
        foreach (ulong word in words)
        {
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }

        v3 ^= lastWord;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= lastWord;
        v2 ^= 0xff;
        for (int i = 0; i < 4; i++) Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }

    private ulong Compute(uint queue, uint receiveCount, long epoch, long offset) => SipHash(
        _key0, _key1, [((ulong)queue << 32) | receiveCount, (ulong)epoch, (ulong)offset], 24UL << 56);
}
