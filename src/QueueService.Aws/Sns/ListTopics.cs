using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

internal sealed record ListTopicsRequest(string? NextToken);

internal sealed record ListedTopic(string TopicArn);

internal sealed record ListTopicsResult(List<ListedTopic> Topics, string? NextToken);

/// <summary>All topics, in the order of the broker's names, a hundred a page.</summary>
internal static class ListTopics
{
    public static async ValueTask<Reply<ListTopicsResult>> Handle(AwsCall call, ListTopicsRequest request)
    {
        if (PageTokens.Read(request.NextToken, out string? after) is { } refused) return refused;
        Result<QueuePage> page = await call.Broker.ListTopics("", after, SnsLimits.PageItems);
        if (!page.Succeeded) return SnsErrors.Of(page.Error);
        List<ListedTopic> topics = [];
        foreach (QueueDescription topic in page.Value.Queues)
            topics.Add(new ListedTopic(call.Host.Sns.Naming.ArnOf(TopicName.At(topic.Name), topic.Config)));
        string? next = page.Value.Next is null ? null : TopicName.At(page.Value.Queues[^1].Name).Value;
        return new ListTopicsResult(topics, PageTokens.Write(next));
    }
}
