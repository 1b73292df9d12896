using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

internal sealed record TagTopicRequest(string? ResourceArn, List<SnsTag>? Tags) : ITopicRequest;

/// <summary>An answer that is there and says nothing.</summary>
internal sealed record EmptyResult
{
    public static readonly EmptyResult Said = new();
}

/// <summary>`TagResource`: adds tags, and gives those that are there new values.</summary>
internal static class TagTopic
{
    public static async ValueTask<Reply<EmptyResult>> Handle(AwsCall call, TagTopicRequest request)
    {
        if (request.Tags is not { } tags) return SnsErrors.Missing(nameof(request.Tags));
        if (SnsTags.Refuse(tags) is { } refused) return refused;
        Reply<FoundTopic> found = await Find(call, request.ResourceArn);
        if (found.Value is not { } topic) return found.Error!;
        Result<QueueChange> changed = await call.Broker.PatchTopic(
            topic.Name, config => config with { Tags = SnsTags.Merge(config.Tags, tags) }, Precondition.None);
        return changed.Succeeded ? EmptyResult.Said : SnsErrors.Of(changed.Error);
    }

    /// <summary>Tags belong to resources: these actions have an error of their own for one that is missing.</summary>
    public static async ValueTask<Reply<FoundTopic>> Find(AwsCall call, string? arn)
    {
        Reply<FoundTopic> found = await TopicLookup.Topic(call, arn, "ResourceArn");
        return found.Error == SnsErrors.NoTopic ? SnsErrors.ResourceNotFound.With("Resource does not exist") : found;
    }
}
