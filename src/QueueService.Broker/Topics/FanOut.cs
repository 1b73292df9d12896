using System.Text;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Topics;

/// <summary>The subscriptions of one topic. Derived from their definitions.</summary>
internal sealed class FanOut
{
    private readonly List<MessageQueue> _listeners = [];

    /// <summary>Null only while the shard is being restored.</summary>
    public MessageQueue? Topic { get; set; }

    /// <summary>By resource.</summary>
    public SortedDictionary<uint, MessageQueue> Subscriptions { get; } = [];

    /// <summary>Finds out what matches the filters.</summary>
    public TopicScan Scan { get; } = new();

    /// <summary>Somebody waits at the subscription for a message. One with a filter is told by the scan.</summary>
    public void Listen(MessageQueue subscription)
    {
        if (subscription.IsListening || subscription.Filter is not null) return;
        subscription.IsListening = true;
        _listeners.Add(subscription);
    }

    /// <summary>The topic has new messages: a thousand subscriptions at which nobody waits cost nothing.</summary>
    public void Dispatch(Shard shard)
    {
        Scan.Advance(shard, this);
        for (int i = 0; i < _listeners.Count;)
        {
            MessageQueue subscription = _listeners[i];
            if (subscription.HasCallers && subscription.Filter is null)
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
            Refilter(queue, queue.Config.Subscription!.Filter);
        }
    }

    /// <summary>The definition of a subscription may have changed.</summary>
    public static void Change(MessageQueue queue)
    {
        if (!queue.IsSubscription) return;
        SubscriptionConfig subscription = queue.Config.Subscription!;
        string filter = queue.Filter is null ? "" : Encoding.UTF8.GetString(queue.Filter.Json.Span);
        if (filter == subscription.Filter && (queue.Filter is null || queue.Filter.Numbers == subscription.Numbers))
            return;
        Refilter(queue, subscription.Filter);
    }

    private static void Refilter(MessageQueue queue, string? json)
    {
        TopicScan scan = queue.FanOut!.Scan;
        if (queue.Filter is not null) scan.Remove(queue.Resource);
        if (string.IsNullOrEmpty(json))
        {
            queue.SetFilter(null);
            return;
        }

        SubscriptionFilter filter =
            SubscriptionFilter.Parse(Encoding.UTF8.GetBytes(json), queue.Config.Subscription!.Numbers, out _)
            ?? throw new InvalidOperationException($"The filter of {queue.Name} is not known to this version.");
        queue.SetFilter(filter);
        scan.Add(queue.Resource, filter);
    }

    public void Remove(MessageQueue queue)
    {
        if (queue.IsTopic) _byTopic.Remove(queue.Resource);
        else if (queue.IsSubscription)
        {
            Refilter(queue, null);
            queue.FanOut!.Subscriptions.Remove(queue.Resource);
        }
    }

    private FanOut Of(uint topic)
    {
        if (!_byTopic.TryGetValue(topic, out FanOut? fanOut)) _byTopic.Add(topic, fanOut = new FanOut());
        return fanOut;
    }
}
