namespace QueueService.Server.Tests.Faults;

/// <summary>SplitMix64 (Steele, Lea and Flood 2014): the same numbers for a seed on every runtime.</summary>
internal sealed class SeededRandom(long seed)
{
    private ulong _state = (ulong)seed;

    /// <summary>A number from 0 to below the limit.</summary>
    public int Below(int limit)
    {
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % (ulong)limit);
    }
}
