using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>The tags of a queue: they are the broker's.</summary>
internal static class QueueTags
{
    public static AwsError? Check(Dictionary<string, string>? tags)
    {
        if (tags?.Count > Tag.MaxPerQueue)
            return ProtocolErrors.InvalidParameterValue.With($"Too many tags added for queue: at most {Tag.MaxPerQueue}.");
        foreach ((string key, string? value) in tags ?? [])
        {
            if (key.Length is 0 or > Tag.MaxKeyLength || !Tag.IsValue(key))
                return ProtocolErrors.InvalidParameterValue.With($"Tag keys must be between 1 and {Tag.MaxKeyLength} characters in length.");
            if (value is null || !Tag.IsValue(value))
                return ProtocolErrors.InvalidParameterValue.With($"Tag values must be between 0 and {Tag.MaxValueLength} characters in length.");
        }

        return null;
    }

    public static ValueList<Tag> ToBroker(Dictionary<string, string>? tags) => tags is null
        ? ValueList<Tag>.Empty
        : new(tags.Select(static tag => new Tag(tag.Key, tag.Value)).OrderBy(static tag => tag.Key, StringComparer.Ordinal));
}
