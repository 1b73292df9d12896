using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class TagQueue
{
    public static readonly AwsAction Action = new AwsAction<TagQueueRequest, Nothing>(
        nameof(TagQueue), SqsJson.Default.TagQueueRequest, null, Handle);

    /// <summary>Adds the tags, or gives them other values.</summary>
    /// <param name="tags">A value of null takes the tag away.</param>
    public static async ValueTask<Reply<Nothing>> Change(AwsCall call, IReadOnlyDictionary<string, string?> tags)
    {
        Result<QueueChange> changed = await call.Broker.PatchQueue(
            call.Queue.Queue, config => config with { Tags = Tag.Merge(config.Tags, tags) }, Precondition.None);
        if (changed.Error == BrokerError.TooManyTags)
        {
            return ProtocolErrors.InvalidParameterValue.With(
                $"Too many tags added for queue {call.Queue.Name}: it has at most {Tag.MaxPerQueue}.");
        }

        return changed.Succeeded ? Nothing.Said : SqsErrors.Of(call.Host, changed.Error);
    }

    private static async ValueTask<Reply<Nothing>> Handle(AwsCall call, TagQueueRequest request)
    {
        if (request.Tags is not { Count: > 0 } tags) return ProtocolErrors.Missing("Tags");
        if (TagRules.Check(tags) is { } wrong) return ProtocolErrors.InvalidParameterValue.With(wrong);
        return await Change(call, tags);
    }
}

internal sealed class TagQueueRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public Dictionary<string, string?>? Tags { get; set; }
}
