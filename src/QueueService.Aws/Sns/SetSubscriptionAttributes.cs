using QueueService.Aws.Auth;
using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

internal sealed record SetSubscriptionAttributesRequest(
    string? SubscriptionArn, string? AttributeName, string? AttributeValue) : ITopicRequest
{
    string? ITopicRequest.ResourceArn => SubscriptionArn;
}

/// <summary>Sets one attribute of a subscription.</summary>
internal static class SetSubscriptionAttributes
{
    public static async ValueTask<Reply<Nothing>> Handle(AwsCall call, SetSubscriptionAttributesRequest request)
    {
        if (request.AttributeName is not { } name) return SnsErrors.Missing(nameof(request.AttributeName));
        for (int i = 0; i < SnsLimits.Tries; i++)
        {
            Reply<FoundSubscription> found = await TopicLookup.Subscription(call, request.SubscriptionArn);
            if (found.Value is not { } subscription) return found.Error!;
            if (subscription.Sns is not { } known)
                return SnsErrors.Invalid("SubscriptionArn", "it was made over /v1, and is changed there");
            string filter = subscription.Config.Subscription!.Filter;
            SubscriptionDraft draft = new(call.Host, subscription.Topic, KnownFilter.In(known, filter));
            string? refusal = draft.Set(name, request.AttributeValue ?? "") ?? draft.Check();
            if (refusal is not null) return SnsErrors.Invalid(refusal);
            if (await DeliveryAccess.Refuse(call, subscription.Topic, draft.Known.DeadLetterQueue) is { } denied)
                return denied;
            string? added = filter.Length == 0 ? draft.Known.FilterPolicy : null;
            if (await FilterPolicyLimit.Refuse(call, subscription.Name, added) is { } tooMany) return tooMany;
            Result<QueueChange> changed = await call.Broker.PatchSubscription(
                subscription.Name, draft.In, new Precondition([subscription.Description.ETag], MustNotExist: false));
            if (changed.Error == BrokerError.PreconditionFailed) continue;
            if (!changed.Succeeded) return SnsErrors.Of(changed.Error);
            return await Replays.Begin(call, subscription.Name, subscription.Config,
                changed.Value.Queue.Config) is { } wrong
                ? wrong
                : Nothing.Said;
        }

        return SnsErrors.Throttled.With("Rate exceeded");
    }
}
