using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

internal sealed record ListSubscriptionsByTopicRequest(string? TopicArn, string? NextToken) : ITopicRequest
{
    string? ITopicRequest.ResourceArn => TopicArn;
}

internal static class ListSubscriptionsByTopic
{
    public static async ValueTask<Reply<ListSubscriptionsResult>> Handle(
        AwsCall call, ListSubscriptionsByTopicRequest request)
    {
        if (PageTokens.Read(request.NextToken, out string? after) is { } refused) return refused;
        Reply<FoundTopic> found = await TopicLookup.Topic(call, request.TopicArn);
        if (found.Value is not { } topic) return found.Error!;
        List<ListedSubscription> listed = [];
        await foreach (Result<QueueDescription> one in SubscriptionList.All(call.Broker, topic.Name, after))
        {
            if (!one.Succeeded) return SnsErrors.Of(one.Error);
            if (ListedSubscription.Of(call, one.Value, topic.Config) is not { } subscription) continue;
            listed.Add(subscription);
            if (listed.Count < SnsLimits.PageItems) continue;
            return new ListSubscriptionsResult(
                listed, PageTokens.Write(SubscriptionName.At(one.Value.Name).Value));
        }

        return new ListSubscriptionsResult(listed, null);
    }
}
