using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>A topic has a bounded number of filter policies.</summary>
internal static class FilterPolicyLimit
{
    /// <summary>Refuses the filter policy of one more subscription of a topic that has as many as it may. Counts before
    /// the change: requests that come at once may pass the limit by their number.</summary>
    /// <param name="name">Whose policy is set: it may have one already.</param>
    public static async ValueTask<AwsError?> Refuse(AwsCall call, SubscriptionName name, string? policy)
    {
        if (policy is null) return null;
        int others = 0;
        await foreach (Result<QueueDescription> one in SubscriptionList.All(call.Broker, name.Topic))
        {
            if (!one.Succeeded) return SnsErrors.Of(one.Error);
            bool hasOne = one.Value.Config.Subscription!.Filter.Length > 0;
            if (hasOne && SubscriptionName.At(one.Value.Name) != name && ++others >= SnsLimits.FilterPolicies)
            {
                return SnsErrors.FilterPolicyLimitExceeded.With(
                    $"The topic has {SnsLimits.FilterPolicies} filter policies, and no more are allowed.");
            }
        }

        return null;
    }
}
