using QueueService.Broker.Control;
using QueueService.Broker.Shards;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Queues;

/// <summary>A queue, a topic or a subscription that is to exist, with these settings. The topic of a subscription is
/// declared, too.</summary>
public sealed record QueueDeclaration(QueueName Name, QueueConfig Config)
{
    /// <summary>Of a subscription, Unix milliseconds: with what was published then or later it begins when it is new;
    /// null when it begins at the end or at the beginning.</summary>
    public long? From { get; init; }
}

/// <summary>What declaring something would do.</summary>
/// <param name="Existing">The settings that it has; null when it would be created.</param>
/// <param name="Errors">Why it cannot be declared; empty when it can.</param>
public sealed record QueuePlan(QueueDeclaration Declaration, QueueConfig? Existing, IReadOnlyList<BrokerError> Errors)
{
    public bool IsChange => Existing != Declaration.Config;
}

/// <summary>Declaring many queues, on the loop: they are judged by what all of them together lead to.</summary>
internal static class QueueDeclarations
{
    public static List<QueuePlan> Plan(Shard shard, IReadOnlyList<QueueDeclaration> declared)
    {
        Dictionary<string, QueueConfig> wanted = declared.ToDictionary(
            static queue => queue.Name.Value, static queue => queue.Config, StringComparer.Ordinal);
        QueueConfig? Find(string name) => wanted.GetValueOrDefault(name) ?? shard.FindQueue(name)?.Config;
        int[] room =
            [.. Enum.GetValues<QueueKind>().Select(kind => shard.Options.MaxQueues - shard.Catalog.Count(kind))];
        var plans = new List<QueuePlan>();
        foreach (QueueDeclaration one in InOrder(declared, wanted))
        {
            QueueDeclaration queue = one with { Config = Complete(shard, one, wanted) };
            QueueConfig? existing = shard.FindQueue(queue.Name)?.Config;
            List<BrokerError> errors = [];
            if (existing is null && room[(int)queue.Name.Kind]-- <= 0) errors.Add(BrokerError.TooManyQueues);
            if (queue.Config.Subscription is { Target: SubscriptionTarget.Queue, Destination: var target }
                && Find(target) is null) errors.Add(BrokerError.TargetQueueNotFound);
            if (queue.Config.Subscription is { Target: SubscriptionTarget.Stream, TargetAddress: var stream }
                && Find(stream) is null) errors.Add(BrokerError.TargetStreamNotFound);
            if (existing is not null && !QueueDefinitions.CanBecome(existing, queue.Config))
                errors.Add(BrokerError.ImmutableField);
            if (QueueDefinitions.CheckType(queue.Config) is var wrong and not BrokerError.None) errors.Add(wrong);
            if (queue.Config.Redrive != existing?.Redrive
                && QueueDefinitions.CheckRedrive(Find, queue.Name.Value, queue.Config) is var refused
                && refused != BrokerError.None) errors.Add(refused);
            plans.Add(new QueuePlan(queue, existing, errors));
        }

        return plans;
    }

    /// <summary>Writes what was planned of queues and topics, a frame for each. Nobody else changes definitions
    /// meanwhile.</summary>
    public static BrokerError Apply(Shard shard, PlainCommand<BrokerError> command, IEnumerable<QueuePlan> plans)
    {
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        foreach (QueuePlan plan in plans)
        {
            (QueueName name, QueueConfig config) = (plan.Declaration.Name, plan.Declaration.Config);
            if (shard.FindQueue(name) is { } queue)
            {
                shard.Define(queue.Resource, ControlRecord.QueueConfigured, QueueRecord.Configured, name, config);
                shard.Dispatch(queue);
            }
            else
            {
                shard.Define(
                    shard.Catalog.NextResource, ControlRecord.QueueCreated, QueueRecord.Created, name, config);
            }

            command.Wrote = true;
        }

        return BrokerError.None;
    }

    /// <summary>With what a subscription takes from its topic, and what a declaration does not say.</summary>
    private static QueueConfig Complete(
        Shard shard, QueueDeclaration declared, Dictionary<string, QueueConfig> wanted)
    {
        QueueConfig config = shard.FindQueue(declared.Name) is { } existing
            ? declared.Config.Keeping(existing.Config)
            : declared.Config;
        if (config.Subscription is not { } subscription) return config;
        QueueName topic = SubscriptionName.At(declared.Name).Topic.Address;
        return config with
        {
            Durability = wanted[topic.Value].Durability,
            Subscription = subscription with { Topic = shard.FindQueue(topic)?.Resource ?? 0 },
        };
    }

    /// <summary>Dead-letter queues before the queues that name them, then topics, then subscriptions.</summary>
    private static IEnumerable<QueueDeclaration> InOrder(
        IReadOnlyList<QueueDeclaration> declared, Dictionary<string, QueueConfig> wanted)
    {
        int StepsFrom(QueueConfig config)
        {
            int steps = 0;
            for (QueueConfig? next = config; next?.Redrive is { } onward && steps <= wanted.Count; steps++)
                next = wanted.GetValueOrDefault(onward.DeadLetterQueue);
            return steps;
        }

        return declared.OrderBy(static queue => queue.Name.Kind).ThenBy(queue => StepsFrom(queue.Config));
    }
}
