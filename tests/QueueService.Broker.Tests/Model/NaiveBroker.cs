using QueueService.Broker.Messages;
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

    /// <summary>Names of sends and receives that a crash left in doubt are not used again.</summary>
    public int Generation { get; set; }

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

    /// <summary>The end of a turn: lines are served in the order of arrival, then those whose time is over
    /// go.</summary>
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

    /// <summary>A message goes to the dead-letter queue of its queue, and keeps its id, its body, its group and, where
    /// there are priorities, its priority.</summary>
    public void Move(NaiveQueue source, NaiveMessage message, string reason)
    {
        NaiveQueue target = Find(source.Config.Redrive!.DeadLetterQueue)!;
        int priority = target.IsFifo ? 0 : message.Priority;
        source.Messages.Remove(message);
        source.DeadLettered++;
        target.Add(new NaiveMessage
        {
            Sequence = target.NextIn(Reading.LaneOf(target.IsFifo, message.Group, priority)),
            Id = message.Id,
            Body = message.Body,
            SentAt = message.SentAt,
            AddedAt = Now,
            Group = message.Group,
            Priority = priority,
            Origin = new MessageOrigin
            {
                Id = message.Id,
                SentAt = message.SentAt,
                RetentionFrom = source.Config.ResetRetentionOnDeadLetter ? Now : message.RetentionFrom,
                SourceQueue = source.Name,
                Reason = reason,
                ReceiveCount = message.ReceiveCount,
                EarlierReceives = message.Origin is { } before ? before.ReceiveCount + before.EarlierReceives : 0,
                FirstFailedAt = message.FirstFailedAt == 0 ? Math.Min(message.VisibleAt, Now) : message.FirstFailedAt,
                LastFailedAt = Math.Min(message.VisibleAt, Now),
            },
        });
    }

    /// <summary>When something happens to a receive that waits, although nobody calls; null when never.</summary>
    public long? NextEvent()
    {
        long? next = null;
        foreach (NaiveQueue queue in Queues.Values.Where(static queue => queue.Waiters.Count > 0))
        {
            foreach (ReceiveOperation waiter in queue.Waiters) Take(waiter.Due);
            foreach (NaiveMessage message in queue.Messages)
            {
                if (message.VisibleAt > Now) Take(message.VisibleAt);

                // The others of its group wait for it.
                if (queue.IsFifo && message.ExpiresAt > Now && !message.HoldsLease(message.ExpiresAt))
                    Take(message.ExpiresAt);
            }
        }

        return next;

        void Take(long time) => next = Math.Min(next ?? time, time);
    }

    /// <summary>An ETag begins with the number of its queue.</summary>
    public static uint ResourceOf(string etag) => Convert.ToUInt32(etag.Split('-')[0], 16);
}
