using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>Leases of subscriptions that came to nothing.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Gives messages back that were leased and not delivered, as if they had not been handed out: it does not
    /// count as a delivery, so no policy decides over them. Receipts that do not hold any more are passed
    /// over.</summary>
    /// <param name="milliseconds">Until they are available again.</param>
    public ValueTask<BrokerError> GiveBack(
        SubscriptionName name, IReadOnlyList<ReceiptHandle> receipts, long milliseconds) =>
        Submit((shard, command) => GivenBack.Apply(shard, command, name, (receipts, milliseconds)));
}
