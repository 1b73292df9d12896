using System.Buffers.Binary;

namespace QueueService.Broker.Streams;

/// <summary>Where records with a key go: as Kafka's default partitioner decides, so that streams and topics of Kafka
/// can be joined by partition.</summary>
internal static class Partitioner
{
    private const uint Seed = 0x9747B28C;
    private const uint Multiplier = 0x5BD1E995;

    public static int PartitionOf(int hash, int partitions) => (hash & int.MaxValue) % partitions;

    /// <summary>MurmurHash2 (Austin Appleby) of the bytes, with Kafka's seed. Where a key is never changes, and so does
    /// not this function.</summary>
    public static int Hash(ReadOnlySpan<byte> key)
    {
        uint hash = Seed ^ (uint)key.Length;
        ReadOnlySpan<byte> rest = key;
        for (; rest.Length >= sizeof(uint); rest = rest[sizeof(uint)..])
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(rest) * Multiplier;
            word ^= word >> 24;
            hash = (hash * Multiplier) ^ (word * Multiplier);
        }

        if (rest.Length >= 3) hash ^= (uint)rest[2] << 16;
        if (rest.Length >= 2) hash ^= (uint)rest[1] << 8;
        if (rest.Length >= 1) hash = (hash ^ rest[0]) * Multiplier;
        hash = (hash ^ (hash >> 13)) * Multiplier;
        return (int)(hash ^ (hash >> 15));
    }
}
