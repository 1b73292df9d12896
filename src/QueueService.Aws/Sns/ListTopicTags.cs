using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sns;

internal sealed record ListTopicTagsRequest(string? ResourceArn) : ITopicRequest;

internal sealed record ListTopicTagsResult(List<SnsTag> Tags);

/// <summary>`ListTagsForResource`.</summary>
internal static class ListTopicTags
{
    public static async ValueTask<Reply<ListTopicTagsResult>> Handle(AwsCall call, ListTopicTagsRequest request)
    {
        Reply<FoundTopic> found = await TagTopic.Find(call, request.ResourceArn);
        return found.Value is { } topic
            ? new ListTopicTagsResult([.. topic.Config.Tags.Select(static tag => new SnsTag(tag.Key, tag.Value))])
            : found.Error!;
    }
}
