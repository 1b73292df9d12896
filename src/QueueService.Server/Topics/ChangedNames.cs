using QueueService.Broker.Queues;

namespace QueueService.Server.Topics;

/// <summary>Names of what changed and has to be looked at, each once however often it changes. Thread-safe.</summary>
internal sealed class ChangedNames : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly HashSet<QueueName> _names = [];

    public void Add(QueueName name)
    {
        lock (_gate)
        {
            if (_names.Add(name) && _names.Count == 1) _news.Release();
        }
    }

    /// <summary>Waits for the first, and takes all.</summary>
    public async Task<QueueName[]> Take(CancellationToken cancellationToken)
    {
        await _news.WaitAsync(cancellationToken);
        lock (_gate)
        {
            QueueName[] names = [.. _names];
            _names.Clear();
            return names;
        }
    }

    public void Dispose() => _news.Dispose();
}
