namespace QueueService.Server.Http;

/// <summary>Counts the requests that last as long as their client likes, and tells them when the server stops.
/// </summary>
internal sealed class LiveStreams(int limit, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _draining = new();
    private int _count;

    public TimeProvider Time => time;

    /// <summary>Cancelled when the server stops: streams say goodbye and end by themselves.</summary>
    public CancellationToken Draining => _draining.Token;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= limit) return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _count);

    public Task Drain() => _draining.CancelAsync();

    public void Dispose() => _draining.Dispose();
}
