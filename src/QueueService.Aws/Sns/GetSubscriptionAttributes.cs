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
        if (SubscriptionList.StateOf(subscription.Config, call.Host.Time) is null or SubscriptionState.Deleted)
            return SnsErrors.NoSubscription;
        Dictionary<string, string> attributes = SubscriptionView.Attributes(call, subscription);
        if (subscription.Sns?.ReplayPolicy is null) return new AttributesResult(attributes);
        Reply<ReplayProgress> replay = await Replays.Progress(call, subscription.Name);
        if (replay.Value is not { } progress) return replay.Error!;
        if (progress.Status is { } status) attributes["ReplayStatus"] = status;
        return new AttributesResult(attributes);
    }
}
