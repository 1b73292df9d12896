using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;

namespace QueueService.Server.Topics;

/// <summary>Copies the messages of one subscription to its queue.</summary>
internal sealed class RelayWorker(SubscriptionName name, BrokerHost host, ILogger log)
    : SubscriptionWorker(name, host, log)
{
    protected override async Task<BrokerError> Step(QueueDescription definition, CancellationToken current)
    {
        RelayOutcome outcome = await Broker.Relay(Name, LongWait, CopyForms.Of(definition), current);
        return outcome.Error;
    }
}
