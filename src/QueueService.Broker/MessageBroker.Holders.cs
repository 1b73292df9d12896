using QueueService.Broker.Queues;

namespace QueueService.Broker;

/// <summary>Live readers: receives in the name of a holder, who gives everything back when he leaves.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Ends all leases that the holder still has; what was acknowledged stays so. They count as failed
    /// deliveries: the queue's retry and redrive policies apply. To be called when its last receive was answered.
    /// </summary>
    public ValueTask<BrokerError> Release(LeaseHolder holder) =>
        Submit((shard, command) => HeldLeases.Release(shard, command, holder));
}
