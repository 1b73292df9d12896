using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>The tags of a queue: they are the broker's.</summary>
internal static class QueueTags
{
    public static AwsError? Check(Dictionary<string, string>? tags)
    {
        if (tags is null) return null;
        if (tags.Count > Tag.MaxPerQueue)
            return ProtocolErrors.InvalidParameterValue.With(
                $"Too many tags added for queue: at most {Tag.MaxPerQueue}.");
        return TagRules.Check(tags!) is { } wrong ? ProtocolErrors.InvalidParameterValue.With(wrong) : null;
    }

    public static ValueList<Tag> ToBroker(Dictionary<string, string>? tags) => tags is null
        ? ValueList<Tag>.Empty
        : new(
            tags.Select(static tag => new Tag(tag.Key, tag.Value)).OrderBy(
                static tag => tag.Key, StringComparer.Ordinal));
}
