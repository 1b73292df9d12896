using System.Text;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Which messages a subscription wants, for whoever reads its topic by himself. For one thread at a time.
/// </summary>
public sealed class DeliveryFilter
{
    private readonly FilterEvaluation? _evaluation;

    public DeliveryFilter(SubscriptionConfig subscription)
    {
        if (subscription.Filter.Length == 0) return;
        SubscriptionFilter filter = SubscriptionFilter.Parse(
            Encoding.UTF8.GetBytes(subscription.Filter), subscription.Numbers, out _)
            ?? throw new ArgumentException("The filter was not checked when it was declared.", nameof(subscription));
        _evaluation = new FilterEvaluation(filter);
    }

    public bool Matches(in MessageView message) => _evaluation is null || _evaluation.Matches(message.Raw);
}
