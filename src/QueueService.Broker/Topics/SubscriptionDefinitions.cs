using QueueService.Broker.Control;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Streams.Groups;

namespace QueueService.Broker.Topics;

/// <summary>Creating and changing subscriptions, and deleting topics with theirs, on the loop.</summary>
internal static class SubscriptionDefinitions
{
    /// <param name="starts">By lane, where a new subscription begins when it does not begin at the end or at the
    /// beginning.</param>
    public static Result<QueueChange> Put(
        Shard shard, PlainCommand<Result<QueueChange>> command, SubscriptionRequest request,
        IReadOnlyDictionary<int, long>? starts)
    {
        (SubscriptionName name, QueueConfig config) = (request.Name, request.Config);
        if (shard.FindQueue(name.Topic.Address) is not { } topic) return name.Topic.Address.NotFound;
        MessageQueue? existing = shard.FindQueue(name.Address);
        if (!QueueDefinitions.Holds(existing, request.Condition)) return BrokerError.PreconditionFailed;
        config = Complete(topic, config);
        if (Check(shard, config) is var refused and not BrokerError.None) return refused;
        if (existing is not null)
            return QueueDefinitions.Replace(shard, command, existing, config.Keeping(existing.Config));
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        if (shard.Catalog.Count(name.Address.Kind) >= shard.Options.MaxQueues) return BrokerError.TooManyQueues;
        if (QueueDefinitions.CheckType(config) is var wrong and not BrokerError.None) return wrong;
        if (QueueDefinitions.CheckRedrive(shard, name.Address, config) is var forbidden and not BrokerError.None)
            return forbidden;
        MessageQueue subscription = shard.Define(
            shard.Catalog.NextResource, ControlRecord.QueueCreated, QueueRecord.Created, name.Address, config,
            created => shard.SetCursor(
                created, topic.Lanes.Select(lane => Start(lane, config.Subscription!.From, starts))));
        command.Wrote = true;
        return new QueueChange(QueueDefinitions.Describe(shard, subscription), Created: true);
    }

    public static Result<QueueChange> Patch(
        Shard shard, PlainCommand<Result<QueueChange>> command, SubscriptionName name,
        Func<QueueConfig, QueueConfig> change, Precondition condition)
    {
        if (shard.FindQueue(name.Topic.Address) is not { } topic) return name.Topic.Address.NotFound;
        if (shard.FindQueue(name.Address) is not { } subscription) return name.Address.NotFound;
        if (!QueueDefinitions.Holds(subscription, condition)) return BrokerError.PreconditionFailed;
        QueueConfig config = Complete(topic, change(subscription.Config));
        return Check(shard, config) is var refused and not BrokerError.None
            ? refused
            : QueueDefinitions.Replace(shard, command, subscription, config);
    }

    /// <summary>Changes a subscription and starts it anew at the end of its topic. The cursor goes first: nothing that
    /// was published before is handed out by the change.</summary>
    public static Result<QueueChange> Begin(
        Shard shard, PlainCommand<Result<QueueChange>> command, SubscriptionName name,
        Func<QueueConfig, QueueConfig> change, Precondition condition)
    {
        if (shard.FindQueue(name.Topic.Address) is not { } topic) return name.Topic.Address.NotFound;
        if (shard.FindQueue(name.Address) is not { } subscription) return name.Address.NotFound;
        if (!QueueDefinitions.Holds(subscription, condition)) return BrokerError.PreconditionFailed;
        command.Queue = subscription;
        command.Wrote = true;
        shard.Store.BeginFrame();
        shard.SetCursor(subscription, topic.Lanes.Select(static lane => lane.End));
        shard.Store.EndFrame();
        return Patch(shard, command, name, change, Precondition.None);
    }

    /// <summary>Deletes a topic with all its subscriptions, in one commit.</summary>
    public static BrokerError DeleteTopic(
        Shard shard, PlainCommand<BrokerError> command, TopicName name, Precondition condition)
    {
        if (shard.FindQueue(name.Address) is not { } topic) return name.Address.NotFound;
        if (!QueueDefinitions.Holds(topic, condition)) return BrokerError.PreconditionFailed;
        if (topic.IsStream)
        {
            foreach (ConsumerGroup group in shard.GroupsOf(topic))
                shard.Define(group.Resource, group.Name, topic.Resource, config: null);
        }

        foreach (MessageQueue queue in topic.FanOut!.Subscriptions.Values.Append(topic).ToList())
        {
            shard.EndWaits(queue);
            shard.Define(queue.Resource, ControlRecord.QueueDeleted, QueueRecord.Deleted, queue.Name, config: null);
        }

        command.Wrote = true;
        return BrokerError.None;
    }

    /// <summary>Starts a subscription anew at these positions; lanes that were begun meanwhile at their first message.
    /// </summary>
    public static Result<Durability> Seek(
        Shard shard, PlainCommand<Result<Durability>> command, SubscriptionName name,
        IReadOnlyDictionary<int, long> starts)
    {
        if (shard.FindQueue(name.Address) is not { FanOut.Topic: { } topic } subscription)
            return name.Address.NotFound;
        command.Queue = subscription;
        shard.Store.BeginFrame();
        shard.SetCursor(
            subscription, topic.Lanes.Select(lane => Math.Max(lane.Floor, starts.GetValueOrDefault(lane.Number))));
        shard.EndFrame([(byte)subscription.Config.Durability]);
        shard.Dispatch(subscription);
        command.Wrote = true;
        return subscription.Config.Durability;
    }

    /// <summary>What a subscription takes from its topic.</summary>
    private static QueueConfig Complete(MessageQueue topic, QueueConfig config) => config with
    {
        Durability = topic.Config.Durability,
        Subscription = config.Subscription! with { Topic = topic.Resource },
    };

    private static BrokerError Check(Shard shard, QueueConfig config) =>
        config.Subscription switch
        {
            { Target: SubscriptionTarget.Queue, Destination: var queue }
                when shard.FindQueue(queue)?.Name.Kind != QueueKind.Queue => BrokerError.TargetQueueNotFound,
            { Target: SubscriptionTarget.Stream, TargetAddress: var stream }
                when shard.FindQueue(stream) is null => BrokerError.TargetStreamNotFound,
            _ => BrokerError.None,
        };

    private static long Start(Lane lane, string from, IReadOnlyDictionary<int, long>? starts) => from switch
    {
        SubscriptionConfig.Latest => lane.End,
        SubscriptionConfig.Earliest => lane.Floor,

        // A lane that was begun since the places were looked up is taken from its first message.
        _ => Math.Max(lane.Floor, starts!.GetValueOrDefault(lane.Number)),
    };
}

/// <summary>A subscription that is to exist, with these settings.</summary>
/// <param name="Config">Has a <see cref="QueueConfig.Subscription"/>.</param>
public sealed record SubscriptionRequest(SubscriptionName Name, QueueConfig Config, Precondition Condition)
{
    /// <summary>Unix milliseconds; null when the subscription begins at the end or at the beginning.</summary>
    public long? From { get; init; }
}
