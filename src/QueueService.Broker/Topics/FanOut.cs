using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Topics;

/// <summary>The subscriptions of one topic. Derived from their definitions.</summary>
internal sealed class FanOut
{
    private readonly List<MessageQueue> _listeners = [];

    /// <summary>Null only while the shard is being restored.</summary>
    public MessageQueue? Topic { get; set; }

    /// <summary>By resource.</summary>
    public SortedDictionary<uint, MessageQueue> Subscriptions { get; } = [];

    /// <summary>Somebody waits at the subscription for a message.</summary>
    public void Listen(MessageQueue subscription)
    {
        if (subscription.IsListening) return;
        subscription.IsListening = true;
        _listeners.Add(subscription);
    }

    /// <summary>The topic has new messages: a thousand subscriptions at which nobody waits cost nothing.</summary>
    public void Dispatch(Shard shard)
    {
        for (int i = 0; i < _listeners.Count;)
        {
            MessageQueue subscription = _listeners[i];
            if (subscription.HasCallers)
            {
                shard.Dispatch(subscription);
                i++;
                continue;
            }

            subscription.IsListening = false;
            _listeners[i] = _listeners[^1];
            _listeners.RemoveAt(_listeners.Count - 1);
        }
    }
}

/// <summary>The fan-outs of all topics.</summary>
internal sealed class FanOuts
{
    private readonly Dictionary<uint, FanOut> _byTopic = [];

    public void Add(MessageQueue queue)
    {
        if (queue.IsTopic)
        {
            queue.FanOut = Of(queue.Resource);
            queue.FanOut.Topic = queue;
        }
        else if (queue.IsSubscription)
        {
            queue.FanOut = Of(queue.LogResource);
            queue.FanOut.Subscriptions.Add(queue.Resource, queue);
        }
    }

    public void Remove(MessageQueue queue)
    {
        if (queue.IsTopic) _byTopic.Remove(queue.Resource);
        else if (queue.IsSubscription) queue.FanOut!.Subscriptions.Remove(queue.Resource);
    }

    private FanOut Of(uint topic)
    {
        if (!_byTopic.TryGetValue(topic, out FanOut? fanOut)) _byTopic.Add(topic, fanOut = new FanOut());
        return fanOut;
    }
}
