using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>The queues of the model, and the receives that wait.</summary>
internal sealed class NaiveBroker(BrokerOptions options)
{
    public BrokerOptions Options => options;

    public SortedDictionary<string, NaiveQueue> Queues { get; } = new(StringComparer.Ordinal);

    /// <summary>Numbers that queues had: none is given twice.</summary>
    public HashSet<uint> Resources { get; } = [];

    /// <summary>Shard time, Unix milliseconds.</summary>
    public long Now { get; set; }

    public int WaiterCount => Queues.Values.Sum(static queue => queue.Waiters.Count);

    public NaiveQueue? Find(string name) => Queues.GetValueOrDefault(name);

    public NaiveQueue Create(QueueDescription description)
    {
        uint resource = ResourceOf(description.ETag);
        ThrowUnless(Resources.Add(resource), $"the number of {description.Name} was used before");
        var queue = new NaiveQueue(description, resource);
        Queues.Add(queue.Name, queue);
        return queue;
    }

    /// <summary>The end of a turn: lines are served in the order of arrival, then those whose time is over go.</summary>
    public void Dispatch()
    {
        foreach (NaiveQueue queue in Queues.Values)
        {
            while (queue.Waiters.Count > 0 && queue.Waiters[0].TryServe(this, queue)) queue.Waiters.RemoveAt(0);
            queue.Waiters.RemoveAll(waiter => waiter.EndIfOver(this, queue));
            foreach (ReceiveOperation waiter in queue.Waiters)
                ThrowUnless(!waiter.IsAnswered, $"{waiter} was answered without a reason");
        }
    }

    /// <summary>When something happens to a receive that waits, although nobody calls; null when never.</summary>
    public long? NextEvent()
    {
        long? next = null;
        foreach (NaiveQueue queue in Queues.Values.Where(static queue => queue.Waiters.Count > 0))
        {
            foreach (long due in queue.Waiters.Select(static waiter => waiter.Due)) next = Math.Min(next ?? due, due);
            foreach (NaiveMessage message in queue.Messages)
                if (message.VisibleAt > Now) next = Math.Min(next ?? message.VisibleAt, message.VisibleAt);
        }

        return next;
    }

    /// <summary>An ETag begins with the number of its queue.</summary>
    public static uint ResourceOf(string etag) => Convert.ToUInt32(etag.Split('-')[0], 16);
}
