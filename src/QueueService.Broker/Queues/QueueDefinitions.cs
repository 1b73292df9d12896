using System.Text;
using QueueService.Broker.Control;
using QueueService.Broker.Shards;
using QueueService.Broker.Streams;

namespace QueueService.Broker.Queues;

/// <summary>Creating, changing, deleting and describing queues, on the loop.</summary>
internal static class QueueDefinitions
{
    public static Result<QueueChange> Put(
        Shard shard, PlainCommand<Result<QueueChange>> command, QueueName name, QueueConfig config,
        Precondition condition)
    {
        MessageQueue? queue = shard.FindQueue(name);
        if (!Holds(queue, condition)) return BrokerError.PreconditionFailed;
        if (queue is not null) return Replace(shard, command, queue, config.Keeping(queue.Config));
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        if (shard.Catalog.Count(name.Kind) >= shard.Options.MaxQueues) return BrokerError.TooManyQueues;
        if (CheckType(config) is var wrong and not BrokerError.None) return wrong;
        if (CheckTier(shard, config, []) is var nowhere and not BrokerError.None) return nowhere;
        if (config.Tags.Count > Tag.MaxPerQueue) return BrokerError.TooManyTags;
        if (CheckRedrive(shard, name, config) is var refused and not BrokerError.None) return refused;
        uint resource = shard.Catalog.NextResource;
        queue = shard.Define(resource, ControlRecord.QueueCreated, QueueRecord.Created, name, config);
        command.Wrote = true;
        return new QueueChange(Describe(shard, queue), Created: true);
    }

    public static Result<QueueChange> Patch(
        Shard shard, PlainCommand<Result<QueueChange>> command, QueueName name, Func<QueueConfig, QueueConfig> change,
        Precondition condition)
    {
        MessageQueue? queue = shard.FindQueue(name);
        if (queue is null) return name.NotFound;
        return Holds(queue, condition)
            ? Replace(shard, command, queue, change(queue.Config))
            : BrokerError.PreconditionFailed;
    }

    /// <summary>Also when nothing changes: a repeated request must not undo what another did in between.</summary>
    public static Result<string> Pause(Shard shard, PlainCommand<Result<string>> command, QueueName name, bool paused)
    {
        if (shard.FindQueue(name) is not { } queue) return name.NotFound;
        QueueConfig config = queue.Config with { Paused = paused };
        bool enables = !paused && queue.DisabledReason is not null;
        if (command.Token is null && config == queue.Config && !enables) return queue.ETag();
        if (enables) Enable(shard, queue);
        shard.Define(queue.Resource, ControlRecord.QueueConfigured, QueueRecord.Configured, name, config);
        shard.Dispatch(queue);
        command.Wrote = true;
        return queue.ETag();
    }

    /// <summary>Whoever resumes a disabled subscription says that its receiver is well.</summary>
    private static void Enable(Shard shard, MessageQueue subscription)
    {
        shard.Store.BeginFrame();
        shard.WriteDisabled(subscription, "");
        shard.WriteFailing(subscription, 0);
        shard.Store.EndFrame();
    }

    public static BrokerError Delete(
        Shard shard, PlainCommand<BrokerError> command, QueueName name, Precondition condition)
    {
        MessageQueue? queue = shard.FindQueue(name);
        if (queue is null) return name.NotFound;
        if (!Holds(queue, condition)) return BrokerError.PreconditionFailed;
        shard.EndWaits(queue);
        shard.Define(queue.Resource, ControlRecord.QueueDeleted, QueueRecord.Deleted, name, config: null);
        command.Wrote = true;
        return BrokerError.None;
    }

    public static Result<QueueDescription> Get(Shard shard, QueueName name) =>
        shard.FindQueue(name) is { } queue ? Describe(shard, queue) : name.NotFound;

    public static Result<QueuePage> List(Shard shard, QueueListing listing)
    {
        var queues = new List<QueueDescription>();
        int looked = 0;
        foreach (uint resource in shard.Catalog.List(listing.Kind, listing.Prefix, listing.After))
        {
            MessageQueue queue = shard.QueueOf(resource);
            if (listing.Tags.All(tag => tag.Matches(queue.Config.Tags))) queues.Add(Describe(shard, queue));
            if (++looked == QueueListing.MaxLooked || queues.Count == listing.Limit)
                return new QueuePage(queues, queue.Name.Value);
        }

        return new QueuePage(queues, null);
    }

    /// <summary>The fields that cannot change are the same.</summary>
    public static bool CanBecome(QueueConfig existing, QueueConfig wanted) =>
        wanted.Type == existing.Type && wanted.Durability == existing.Durability
        && wanted.Subscription?.Target == existing.Subscription?.Target
        && wanted.Subscription?.From == existing.Subscription?.From
        && (wanted.Stream?.Partitions ?? 0) >= (existing.Stream?.Partitions ?? 0);

    public static Result<QueueChange> Replace(
        Shard shard, PlainCommand<Result<QueueChange>> command, MessageQueue queue, QueueConfig config)
    {
        if (!CanBecome(queue.Config, config)) return BrokerError.ImmutableField;
        if (CheckType(config) is var wrong and not BrokerError.None) return wrong;
        if (CheckTier(shard, config, queue.Lanes) is var nowhere and not BrokerError.None) return nowhere;
        if (config.Tags.Count > Tag.MaxPerQueue) return BrokerError.TooManyTags;
        if (config.Redrive != queue.Config.Redrive
            && CheckRedrive(shard, queue.Name, config) is var refused and not BrokerError.None) return refused;
        bool changed = config != queue.Config;
        if (changed)
        {
            shard.Define(queue.Resource, ControlRecord.QueueConfigured, QueueRecord.Configured, queue.Name, config);
            command.Wrote = true;

            // It may have been paused, or its messages may have another fate now.
            shard.Dispatch(queue);
        }

        return new QueueChange(Describe(shard, queue), Created: false) { Changed = changed };
    }

    /// <summary>Nothing is declared that would have no effect.</summary>
    public static BrokerError CheckType(QueueConfig config)
    {
        if (BytesOf(config.Annotations) > QueueConfigLimits.MaxAnnotationBytes) return BrokerError.AnnotationsTooLarge;
        if (config.Type != QueueType.Fifo && config.Subscription is null
            && (config.ContentBasedDeduplication || config.DeduplicationScope != DeduplicationScope.Queue))
            return BrokerError.DeduplicationNotSupported;
        return config.Stream is { Cleanup: CleanupPolicy.Compact } stream
            && (stream.RetentionBytes > 0 || config.RetentionSeconds != StreamLimits.DefaultRetentionSeconds)
                ? BrokerError.RetentionNotSupported
                : BrokerError.None;
    }

    private static long BytesOf(ValueList<Tag> annotations) => annotations.Sum(static one =>
        (long)Encoding.UTF8.GetByteCount(one.Key) + Encoding.UTF8.GetByteCount(one.Value));

    /// <summary>Compaction would have to read back what has left, and to write anew what it may not change.</summary>
    private static BrokerError CheckTier(Shard shard, QueueConfig config, IReadOnlyList<Lane> lanes)
    {
        if (config.Stream is not { } stream) return BrokerError.None;
        if (stream.Tier is not null && shard.Store.Tier is null) return BrokerError.TierNotConfigured;
        if (!stream.IsCompacted) return BrokerError.None;
        if (stream.Tier is not null) return BrokerError.TierNotForCompaction;
        return lanes.Any(static lane => lane.Log.HasRemoteFrom(Position.OffsetOf(lane.Floor)))
            ? BrokerError.TierInUse
            : BrokerError.None;
    }

    /// <summary>The dead-letter queue exists, allows this source, and does not lead back to it.</summary>
    /// <param name="find">The settings that a queue will have; null when it will not exist.</param>
    public static BrokerError CheckRedrive(Func<string, QueueConfig?> find, string name, QueueConfig config)
    {
        if (config.Redrive is not { } redrive) return BrokerError.None;
        if (redrive.DeadLetterQueue == name) return BrokerError.DeadLetterCycle;
        if (find(redrive.DeadLetterQueue) is not { } target) return BrokerError.DeadLetterQueueNotFound;
        if (!target.RedriveAllow.Allows(name)) return BrokerError.RedriveNotAllowed;

        // A cycle of others is blamed on them, and must not be followed for ever.
        HashSet<string> passed = new(StringComparer.Ordinal);
        for (QueueConfig? next = target; next?.Redrive is { } onward && passed.Add(onward.DeadLetterQueue);)
        {
            if (onward.DeadLetterQueue == name) return BrokerError.DeadLetterCycle;
            next = find(onward.DeadLetterQueue);
        }

        return BrokerError.None;
    }

    public static BrokerError CheckRedrive(Shard shard, QueueName name, QueueConfig config) =>
        CheckRedrive(target => shard.FindQueue(target)?.Config, name.Value, config);

    public static QueueDescription Describe(Shard shard, MessageQueue queue) =>
        queue.Describe(shard.Now, shard.Options.MaxInFlightPerQueue);

    public static bool Holds(MessageQueue? queue, in Precondition condition)
    {
        if (condition.MustNotExist && queue is not null) return false;
        if (condition.IfMatch is not { } tags) return true;
        return queue is not null && (tags.Contains("*") || tags.Contains(queue.ETag()));
    }
}
