using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

internal sealed record UnsubscribeRequest(string? SubscriptionArn) : ITopicRequest
{
    string? ITopicRequest.ResourceArn => SubscriptionArn;

    bool ITopicRequest.IsForLinks => true;
}

/// <summary>Ends a subscription; one that is not there is no mistake. The owner of an endpoint is told, and can take
/// the subscription up again for two days.</summary>
internal static class Unsubscribe
{
    public static async ValueTask<Reply<Nothing>> Handle(AwsCall call, UnsubscribeRequest request)
    {
        Reply<FoundSubscription> found = await TopicLookup.Subscription(call, request.SubscriptionArn);
        if (found.Error == SnsErrors.NoSubscription) return Nothing.Said;
        if (found.Value is not { } subscription) return found.Error!;
        SnsSubscription? known = subscription.Sns;

        // Links are for SNS's subscriptions: the name of one of `/v1` is no secret.
        if (known is null or { AuthenticatesUnsubscribe: true } && !call.IsSigned && !call.Host.Gate.IsOpen)
            return SnsErrors.AuthorizationError.With("The subscription is ended by signed requests only.");
        if (known is not { IsHttp: true, State: SubscriptionState.Confirmed })
        {
            BrokerError gone = known is { State: SubscriptionState.Deleted }
                ? BrokerError.None
                : await call.Broker.DeleteSubscription(subscription.Name, Precondition.None);
            return gone is BrokerError.None or BrokerError.SubscriptionNotFound ? Nothing.Said : SnsErrors.Of(gone);
        }

        SnsSubscription ended =
            known.Asking(SubscriptionState.Deleted, subscription.Name.Value, call.Host.Time.GetUtcNow());
        Result<QueueChange> changed = await call.Broker.PatchSubscription(
            subscription.Name, config => ended.In(config) with { Paused = true }, Precondition.None);
        return changed.Succeeded ? Nothing.Said : SnsErrors.Of(changed.Error);
    }
}
