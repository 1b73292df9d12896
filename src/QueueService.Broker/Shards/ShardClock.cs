namespace QueueService.Broker.Shards;

/// <summary>
/// Shard time, Unix milliseconds: never goes back, continues from the last commit after a restart, and slews towards
/// the wall clock by a tenth of the time that passes. A wall clock that jumps cannot expire thousands of leases at
/// once.</summary>
internal sealed class ShardClock
{
    private const int SlewDivisor = 10;
    private const long JumpMilliseconds = 5_000;

    private readonly TimeProvider _time;
    private long _lastTimestamp;
    private double _now;

    /// <param name="recovered">The time of the last commit. A start trusts the wall clock unless it lies before that:
    /// the server may have been down for any time.</param>
    public ShardClock(TimeProvider time, long recovered)
    {
        _time = time;
        _lastTimestamp = time.GetTimestamp();
        _now = Math.Max(recovered, WallClock());
    }

    /// <summary>The wall clock is more than 5 s away; for an alarm.</summary>
    public bool IsFarOff { get; private set; }

    public long Advance()
    {
        long timestamp = _time.GetTimestamp();
        double elapsed = _time.GetElapsedTime(_lastTimestamp, timestamp).TotalMilliseconds;
        _lastTimestamp = timestamp;
        double ahead = WallClock() - (_now + elapsed);
        IsFarOff = Math.Abs(ahead) > JumpMilliseconds;
        double limit = elapsed / SlewDivisor;
        _now += elapsed + Math.Clamp(ahead, -limit, limit);
        return (long)_now;
    }

    private double WallClock() =>
        (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
}
