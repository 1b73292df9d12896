using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Topics;

/// <summary>Taking, finding, using and deleting snapshots of subscriptions, on the loop.</summary>
internal static class Snapshots
{
    /// <summary>Takes a snapshot, unless there is one of this name: then it stays as it is.</summary>
    public static Result<SnapshotChange> Put(
        Shard shard, PlainCommand<Result<SnapshotChange>> command, SnapshotName name, Precondition condition)
    {
        if (shard.FindQueue(name.Subscription.Address) is not { FanOut.Topic: { } topic } subscription)
            return BrokerError.SubscriptionNotFound;
        SubscriptionSnapshot? existing = Find(shard, subscription, name.Value);
        if (!Holds(existing, condition)) return BrokerError.PreconditionFailed;
        if (existing is not null) return new SnapshotChange(existing, Created: false);
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        if (!HasRoom(shard, subscription)) return BrokerError.TooManySnapshots;
        subscription.FollowTopic();
        long lifetime = Math.Min(SnapshotLimits.Lifetime, topic.Config.RetentionSeconds * 1000L);
        command.Wrote = shard.SettleFilter(subscription);
        if (!shard.WriteSnapshot(subscription, name.Value, shard.Now + lifetime)) return BrokerError.SnapshotTooLarge;
        command.Wrote = true;
        return new SnapshotChange(Find(shard, subscription, name.Value)!, Created: true);
    }

    public static Result<SubscriptionSnapshot> Get(Shard shard, SnapshotName name)
    {
        if (shard.FindQueue(name.Subscription.Address) is not { } subscription) return BrokerError.SubscriptionNotFound;
        return Find(shard, subscription, name.Value) is { } snapshot ? snapshot : BrokerError.SnapshotNotFound;
    }

    /// <summary>In ordinal order of their names.</summary>
    public static Result<IReadOnlyList<SubscriptionSnapshot>> List(Shard shard, SubscriptionName name)
    {
        if (shard.FindQueue(name.Address) is not { } subscription) return BrokerError.SubscriptionNotFound;
        return new Result<IReadOnlyList<SubscriptionSnapshot>>(
            BrokerError.None,
            [
                .. subscription.Kept.Keys.Select(snapshot => Find(shard, subscription, snapshot))
                    .OfType<SubscriptionSnapshot>(),
            ]);
    }

    public static BrokerError Delete(
        Shard shard, PlainCommand<BrokerError> command, SnapshotName name, Precondition condition)
    {
        if (shard.FindQueue(name.Subscription.Address) is not { } subscription) return BrokerError.SubscriptionNotFound;
        if (Find(shard, subscription, name.Value) is not { } snapshot) return BrokerError.SnapshotNotFound;
        if (!Holds(snapshot, condition)) return BrokerError.PreconditionFailed;
        shard.ForgetSnapshots(subscription, [name.Value]);
        command.Wrote = true;
        return BrokerError.None;
    }

    /// <summary>Starts a subscription anew where a snapshot was taken, its own or that of another one of its topic.
    /// What the topic does not keep any more of it is written down as missed.</summary>
    public static Result<Durability> Seek(
        Shard shard, PlainCommand<Result<Durability>> command, SubscriptionName name, SnapshotName snapshot)
    {
        if (shard.FindQueue(name.Address) is not { FanOut.Topic: { } topic } subscription)
            return BrokerError.SubscriptionNotFound;
        if (shard.FindQueue(snapshot.Subscription.Address) is not { } owner) return BrokerError.SnapshotNotFound;
        if (owner.FindKept(snapshot.Value, shard.Now) is not { } kept) return BrokerError.SnapshotNotFound;
        if (owner != subscription && kept.IsFiltered) return BrokerError.SnapshotIsFiltered;
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        command.Queue = subscription;
        command.Wrote = true;
        shard.Store.BeginFrame();
        shard.SetCursor(subscription, topic.Lanes.Select(lane => kept.StartIn(lane.Number)), kept.Finished());
        foreach (Lane lane in topic.Lanes) shard.WriteMissed(subscription, lane.Floor);
        shard.EndFrame([(byte)subscription.Config.Durability]);
        shard.Dispatch(subscription);
        return subscription.Config.Durability;
    }

    /// <summary>Forgets what is past its time.</summary>
    public static bool Expire(Shard shard, MessageQueue subscription)
    {
        if (subscription.Kept.Count == 0) return false;
        string[] expired =
            [.. subscription.Kept.Where(kept => kept.Value.ExpiresAt <= shard.Now).Select(static kept => kept.Key)];
        if (expired.Length > 0) shard.ForgetSnapshots(subscription, expired);
        return expired.Length > 0;
    }

    private static SubscriptionSnapshot? Find(Shard shard, MessageQueue subscription, string name) =>
        subscription.FindKept(name, shard.Now) is { } kept
            ? new SubscriptionSnapshot(
                name, kept.TakenAt, kept.ExpiresAt, $"{subscription.Resource:x}-s{kept.Sequence:x}")
            : null;

    /// <summary>Before anything is written: the largest one has to fit. An expired one that nobody has swept yet counts
    /// as well.</summary>
    private static bool HasRoom(Shard shard, MessageQueue subscription) =>
        subscription.Kept.Count < SnapshotLimits.PerSubscription
        && shard.Queues.Sum(static queue => queue.KeptBytes) + SnapshotLimits.Bytes <= SnapshotLimits.TotalBytes;

    private static bool Holds(SubscriptionSnapshot? snapshot, in Precondition condition)
    {
        if (condition.MustNotExist && snapshot is not null) return false;
        if (condition.IfMatch is not { } tags) return true;
        return snapshot is not null && (tags.Contains("*") || tags.Contains(snapshot.ETag));
    }
}
