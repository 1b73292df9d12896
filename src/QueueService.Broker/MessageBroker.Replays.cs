using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>Delivering again what a topic has kept of a time, and only that.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Delivers the messages of a topic that were published in a time again to one of its subscriptions,
    /// before those that come after them in their groups; deliveries say so
    /// (<see cref="Queues.MessageView.IsReplayed"/>). What else the subscription has done stays done, and what else
    /// waits goes on waiting; what is leased is handed out again. A replay that runs is replaced. Answers also
    /// SnapshotTooLarge: what was acknowledged out of order alternates too often with the rest to be written
    /// down.</summary>
    public async ValueTask<Result<ReplayState>> BeginReplay(SubscriptionName name, ReplayRequest request)
    {
        if (await TryFindTime(name.Topic.Address, request.From) is not { } starts) return BrokerError.TierUnavailable;
        Dictionary<int, long>? ends = null;
        if (request.Until is { } until)
        {
            ends = await TryFindTime(name.Topic.Address, until + 1);
            if (ends is null) return BrokerError.TierUnavailable;
        }

        var places = new ReplayPlaces(request, starts, ends);
        return await Submit<ReplayState>((shard, command) => Replays.Begin(shard, command, name, places));
    }

    /// <summary>Null when there is none.</summary>
    public ValueTask<Result<ReplayState?>> GetReplay(SubscriptionName name) =>
        Submit<ReplayState?>((shard, command) => Replays.Get(shard, command, name));

    /// <summary>Ends a replay, if there is one: what it was to deliver and has not is passed over, also what had not
    /// been delivered before the replay. What is leased outside of it is handed out again.</summary>
    public ValueTask<BrokerError> EndReplay(SubscriptionName name) =>
        Submit((shard, command) => Replays.End(shard, command, name));
}
