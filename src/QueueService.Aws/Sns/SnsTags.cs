using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

internal sealed record SnsTag(string? Key, string? Value);

/// <summary>The tags of a topic are those of its definition.</summary>
internal static class SnsTags
{
    public static AwsError? Refuse(IReadOnlyList<SnsTag> tags)
    {
        foreach (SnsTag tag in tags)
        {
            if (tag.Key is null) return SnsErrors.Missing("Tags.member.Key");
            if (tag.Value is null) return SnsErrors.Missing("Tags.member.Value");
            if (tag.Key.Length is 0 or > SnsLimits.TagKeyCharacters ||
                tag.Key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
                return SnsErrors.Invalid("Tags", "a key has 1 to 128 characters and does not begin with aws:");
            if (tag.Value.Length > SnsLimits.TagValueCharacters)
                return SnsErrors.Invalid("Tags", "a value has at most 256 characters");
        }

        return tags.Select(static tag => tag.Key).Distinct(StringComparer.Ordinal).Count() == tags.Count
            ? null
            : SnsErrors.Invalid("Tags", "a key is given twice");
    }

    public static ValueList<Tag> Merge(ValueList<Tag> tags, IReadOnlyList<SnsTag> added) =>
        Tag.Merge(tags, added.ToDictionary(static tag => tag.Key!, static tag => tag.Value, StringComparer.Ordinal));
}
