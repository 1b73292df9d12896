using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

internal sealed record UntagTopicRequest(string? ResourceArn, List<string>? TagKeys) : ITopicRequest;

/// <summary>`UntagResource`: takes tags away; those that are not there are no mistake.</summary>
internal static class UntagTopic
{
    public static async ValueTask<Reply<EmptyResult>> Handle(AwsCall call, UntagTopicRequest request)
    {
        if (request.TagKeys is not { } keys) return SnsErrors.Missing(nameof(request.TagKeys));
        Reply<FoundTopic> found = await TagTopic.Find(call, request.ResourceArn);
        if (found.Value is not { } topic) return found.Error!;
        Dictionary<string, string?> gone = keys.Distinct(StringComparer.Ordinal).ToDictionary(static key => key, static _ => (string?)null);
        Result<QueueChange> changed = await call.Broker.PatchTopic(
            topic.Name, config => config with { Tags = Tag.Merge(config.Tags, gone) }, Precondition.None);
        return changed.Succeeded ? EmptyResult.Said : SnsErrors.Of(changed.Error);
    }
}
