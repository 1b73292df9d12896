using System.Buffers.Binary;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Topics;

/// <summary>What a redelivery came to.</summary>
/// <param name="Count">Messages that are to be delivered.</param>
/// <param name="Durability">Of the subscription.</param>
public readonly record struct Redelivery(int Count, Durability Durability)
{
    internal byte[] ToBytes()
    {
        byte[] bytes = new byte[5];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Count);
        bytes[4] = (byte)Durability;
        return bytes;
    }

    internal static Redelivery Read(ReadOnlySpan<byte> outcome) =>
        new(BinaryPrimitives.ReadInt32LittleEndian(outcome), (Durability)outcome[4]);
}
