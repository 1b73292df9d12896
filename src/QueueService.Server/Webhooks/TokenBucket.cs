namespace QueueService.Server.Webhooks;

/// <summary>A rate limit: so many per second on average, and as many at once as it holds. Not thread-safe.</summary>
internal struct TokenBucket
{
    private readonly double _perSecond;
    private readonly double _capacity;
    private double _tokens;
    private long _filledAt;

    /// <param name="perSecond">Above 0.</param>
    /// <param name="now">A timestamp of the clock; the bucket starts full.</param>
    public TokenBucket(double perSecond, int capacity, long now) =>
        (_perSecond, _capacity, _tokens, _filledAt) = (perSecond, capacity, capacity, now);

    /// <summary>Takes one. When there is none, answers how long it takes until there is.</summary>
    public bool TryTake(TimeProvider time, out TimeSpan wait)
    {
        long now = time.GetTimestamp();
        _tokens = Math.Min(_capacity, _tokens + (time.GetElapsedTime(_filledAt, now).TotalSeconds * _perSecond));
        _filledAt = now;
        wait = default;
        // A wait that was computed here and kept to the tick must not end in another wait of a tick.
        if (_tokens < 1 - 1e-6)
        {
            wait = TimeSpan.FromTicks((long)Math.Ceiling((1 - _tokens) / _perSecond * TimeSpan.TicksPerSecond));
            return false;
        }

        _tokens -= 1;
        return true;
    }
}
