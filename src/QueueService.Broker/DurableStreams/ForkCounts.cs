using QueueService.Broker.Queues;

namespace QueueService.Broker.DurableStreams;

/// <summary>How many forks each durable stream has. Derived from their definitions.</summary>
internal sealed class ForkCounts
{
    private readonly Dictionary<uint, int> _bySource = [];

    public bool Any(uint source) => _bySource.ContainsKey(source);

    public void Add(MessageQueue queue)
    {
        if (queue.Config.Durable is { Source: > 0 and var source })
            _bySource[source] = _bySource.GetValueOrDefault(source) + 1;
    }

    public void Remove(MessageQueue queue)
    {
        if (queue.Config.Durable is not { Source: > 0 and var source }) return;
        if (--_bySource[source] == 0) _bySource.Remove(source);
    }
}
