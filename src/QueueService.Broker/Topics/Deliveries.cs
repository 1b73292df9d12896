using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Topics;

/// <summary>Deliveries on the loop: an attempt and what it leads to are one frame.</summary>
internal static class Deliveries
{
    /// <summary>The reason of a subscription whose receiver answered 410.</summary>
    public const string Gone = "gone";

    /// <summary>The reason of a subscription all of whose attempts failed for days.</summary>
    public const string Failing = "failing";

    public static DeliveryOutcome Report(
        Shard shard, PlainCommand<DeliveryOutcome> command, SubscriptionName name, DeliveryReport report)
    {
        if (shard.FindQueue(name.Address) is not { } subscription)
            return new DeliveryOutcome(BrokerError.SubscriptionNotFound, null);
        command.Queue = subscription;
        command.Wrote = true;
        BrokerError error = Settler.Check(shard, subscription, report.Receipt);
        string? disabled = null;
        shard.Store.BeginFrame();
        shard.WriteAttempt(subscription, report);

        // A lease that has ended is somebody else's; the attempt was made all the same.
        if (error == BrokerError.None) Settle(shard, subscription, report);
        bool succeeded = report.Result == DeliveryResult.Delivered;
        if (succeeded != (subscription.FailingSince == 0))
            shard.WriteFailing(subscription, succeeded ? 0 : shard.Now);
        if (report.Result == DeliveryResult.Gone) disabled = Gone;
        else if (!succeeded && shard.Now - subscription.FailingSince >= report.MaxFailingMilliseconds)
            disabled = Failing;
        if (subscription.DisabledReason is not null) disabled = null;
        if (disabled is not null) shard.WriteDisabled(subscription, disabled);
        shard.Store.EndFrame();
        shard.Dispatch(subscription);
        return new DeliveryOutcome(error, disabled);
    }

    /// <summary>Makes deliveries that have ended begin again, and those that wait for their next attempt go on now.
    /// Answers how many; what is being delivered, or not kept by the topic any more, is left out. With a token also
    /// none is written down: the same request later might find some.</summary>
    public static Result<Redelivery> Redeliver(
        Shard shard, PlainCommand<Result<Redelivery>> command, SubscriptionName name, IReadOnlyList<long> positions)
    {
        if (shard.FindQueue(name.Address) is not { FanOut.Topic: { } topic } subscription)
            return BrokerError.SubscriptionNotFound;
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        subscription.FollowTopic();
        subscription.Promote(shard.Now);
        var waiting = new List<long>();
        var ended = new List<long>();
        foreach (long position in positions.Order().Distinct())
        {
            if (topic.FindLane(Position.LaneOf(position)) is not { } lane) continue;
            if (position < lane.Floor || position >= lane.End) continue;
            if (!subscription.IsPresent(position)) ended.Add(position);
            else if (subscription.StateOf(position, shard.Now, out _) == MessageState.Delayed) waiting.Add(position);
        }

        var outcome = new Redelivery(waiting.Count + ended.Count, subscription.Config.Durability);
        if (outcome.Count == 0 && command.Token is null) return outcome;
        command.Queue = subscription;
        command.Wrote = true;
        shard.Store.BeginFrame();
        if (waiting.Count > 0)
            shard.Write(subscription, QueueRecord.Rescheduled, shard.Now, shard.Runs(waiting.ToArray()));
        if (ended.Count > 0) shard.Write(subscription, QueueRecord.Revived, shard.Runs(ended.ToArray()));
        shard.EndFrame(outcome.ToBytes());
        shard.Dispatch(subscription);
        return outcome;
    }

    private static void Settle(Shard shard, MessageQueue subscription, DeliveryReport report)
    {
        long position = report.Receipt.SequenceNumber;
        ReadOnlySpan<long> one = [position];
        switch (report.Result)
        {
            case DeliveryResult.Delivered:
                shard.Write(subscription, QueueRecord.Acknowledged, shard.Runs(one));
                break;
            case DeliveryResult.Exhausted when subscription.Config.Redrive is null:
                shard.Write(subscription, QueueRecord.Abandoned, shard.Runs(one));
                break;
            default:
                SettleCommand.Release(
                    shard, subscription, one, report.Result == DeliveryResult.Retry ? report.DelayMilliseconds : 0);
                break;
        }
    }
}
