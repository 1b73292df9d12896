namespace QueueService.Server.Webhooks;

/// <summary>A rate limit: no more than so many within any second. Remembers when those of the last second were, 8 bytes
/// each. Not thread-safe.</summary>
/// <param name="perSecond">At least 1.</param>
internal sealed class AttemptWindow(int perSecond)
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(1);

    private readonly Queue<long> _taken = new();

    /// <summary>Takes one. When there is none, answers how long it takes until there is.</summary>
    public bool TryTake(TimeProvider time, out TimeSpan wait)
    {
        long now = time.GetTimestamp();
        wait = default;
        while (_taken.TryPeek(out long oldest))
        {
            wait = Length - time.GetElapsedTime(oldest, now);
            if (wait > TimeSpan.Zero) break;
            _taken.Dequeue();
        }

        if (_taken.Count >= perSecond) return false;
        wait = default;
        _taken.Enqueue(now);
        return true;
    }
}
