using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;

namespace QueueService.Server.Topics;

/// <summary>Copies the messages of one subscription to its queue.</summary>
internal sealed class RelayWorker(SubscriptionName name, BrokerHost host, ILogger log)
    : SubscriptionWorker(name, host, log)
{
    private QueueDescription? _known;
    private RelayOptions _options;

    protected override async Task<BrokerError> Step(QueueDescription definition, CancellationToken current)
    {
        if (!ReferenceEquals(definition, _known))
        {
            Result<SnsForm?> form = await ReadForm(definition);
            if (!form.Succeeded) return form.Error;
            _options = form.Value is { } sns
                ? new RelayOptions(sns.Copy) { GivesUpWithoutTarget = true }
                : new RelayOptions(CopyForms.Of(definition));
            _known = definition;
        }

        RelayOutcome outcome = await Broker.Relay(Name, LongWait, _options, current);
        return outcome.Error;
    }
}
