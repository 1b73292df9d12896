using System.Buffers.Binary;

namespace QueueService.Testing;

/// <summary>SplitMix64: the same numbers from the same seed on every runtime and version, so that a seed printed by a
/// failing run stays good.</summary>
public sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>0 … <paramref name="limit"/> − 1.</summary>
    public int Next(int limit) => (int)(Next() % (ulong)limit);

    /// <summary>True in <paramref name="times"/> of <paramref name="of"/> calls.</summary>
    public bool Chance(int times, int of) => Next(of) < times;

    public void Fill(Span<byte> bytes)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        while (!bytes.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, Next());
            var count = Math.Min(number.Length, bytes.Length);
            number[..count].CopyTo(bytes);
            bytes = bytes[count..];
        }
    }
}
