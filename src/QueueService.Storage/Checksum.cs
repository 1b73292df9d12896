using System.Numerics;
using System.Runtime.InteropServices;

namespace QueueService.Storage;

/// <summary>
/// CRC-32C (Castagnoli), as the processor computes it. Every format seeds it with a salt that clients never see, so no
/// message body can be made to look like a record, a frame or a batch.
/// </summary>
internal static class Checksum
{
    public static uint Compute(uint salt, ReadOnlySpan<byte> bytes)
    {
        uint crc = ~salt;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }

    /// <summary>A salt for one file, from the store's secret and the file's identity (splitmix64's finalizer).
    /// </summary>
    public static uint Salt(ulong secret, ulong identity)
    {
        ulong mixed = secret + (identity * 0x9E3779B97F4A7C15UL);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return (uint)((mixed ^ (mixed >> 31)) >> 16);
    }
}
