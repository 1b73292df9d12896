using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sns;

internal sealed record GetSubscriptionAttributesRequest(string? SubscriptionArn) : ITopicRequest
{
    string? ITopicRequest.ResourceArn => SubscriptionArn;
}

internal static class GetSubscriptionAttributes
{
    public static async ValueTask<Reply<AttributesResult>> Handle(
        AwsCall call, GetSubscriptionAttributesRequest request)
    {
        Reply<FoundSubscription> found = await TopicLookup.Subscription(call, request.SubscriptionArn);
        if (found.Value is not { } subscription) return found.Error!;
        return SubscriptionList.StateOf(subscription.Config, call.Host.Time) is null or SubscriptionState.Deleted
            ? SnsErrors.NoSubscription
            : new AttributesResult(SubscriptionView.Attributes(call, subscription));
    }
}
