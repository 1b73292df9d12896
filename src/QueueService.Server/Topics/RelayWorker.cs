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
                ? new RelayOptions(sns.CopyWithin(() => MaxBytes(definition)))
                {
                    GivesUpWithoutTarget = true, Deduplicates = true,
                }
                : new RelayOptions(CopyForms.Of(definition));
            _known = definition;
        }

        RelayOutcome outcome = await Broker.Relay(Name, LongWait, _options, current);
        return outcome.Error;
    }

    /// <summary>Without a turn of the broker: the definition that was applied last.</summary>
    private int MaxBytes(QueueDescription definition) =>
        QueueName.TryParse(definition.Config.Subscription!.Destination, out QueueName queue)
            ? Broker.Peek(queue)?.MaxMessageBytes ?? int.MaxValue
            : int.MaxValue;
}
