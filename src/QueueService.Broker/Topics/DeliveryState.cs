using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Topics;

/// <summary>Where a delivery is now.</summary>
/// <param name="Id">Names the delivery: the subscription, and the message's place in the topic.</param>
/// <param name="Message">The message in its topic.</param>
/// <param name="State">Null when the subscription is done with it.</param>
/// <param name="DueAt">When it is attempted next, Unix milliseconds; 0 when nothing but its turn is waited for.</param>
/// <param name="Receives">How often it was handed out since it began, or began anew; 0 when the subscription is done
/// with it.</param>
/// <param name="IsKept">The topic has the message still.</param>
public readonly record struct DeliveryState(
    MessageId Id, MessageId Message, MessageState? State, long DueAt, int Receives, bool IsKept)
{
    internal static Result<IReadOnlyList<DeliveryState>> Find(
        Shard shard, SubscriptionName name, IReadOnlyList<long> positions)
    {
        if (shard.FindQueue(name.Address) is not { FanOut.Topic: { } topic } subscription)
            return BrokerError.SubscriptionNotFound;
        subscription.FollowTopic();
        subscription.Promote(shard.Now);
        var states = new DeliveryState[positions.Count];
        for (int i = 0; i < states.Length; i++)
        {
            long position = positions[i];
            MessageState? state = subscription.StateOf(position, shard.Now, out Touched touched);
            Lane? lane = topic.FindLane(Position.LaneOf(position));
            states[i] = new DeliveryState(
                new MessageId(subscription.Resource, position), new MessageId(topic.Resource, position), state,
                state == MessageState.Delayed ? touched.Deadline : 0,
                state is null ? 0 : touched.ReceiveCount,
                lane is not null && position >= lane.Floor && position < lane.End);
        }

        return states;
    }
}
