using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QueueService.Aws.Protocol;

/// <summary>Ids of requests, in the form of UUIDs: a random one per process, counted up.</summary>
internal static class RequestIds
{
    private static readonly byte[] Process = RandomNumberGenerator.GetBytes(8);

    private static long _count = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    public static string Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        Process.CopyTo(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Interlocked.Increment(ref _count));
        return new Guid(bytes).ToString();
    }
}
