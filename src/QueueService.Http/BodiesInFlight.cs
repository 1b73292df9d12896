namespace QueueService.Http;

/// <summary>Counts the bytes of request bodies that are in memory, so that any number of connections stays within the
/// limit.</summary>
public sealed class BodiesInFlight(long limit)
{
    private long _bytes;

    public bool TryEnter(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= limit) return true;
        Leave(bytes);
        return false;
    }

    public void Leave(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
