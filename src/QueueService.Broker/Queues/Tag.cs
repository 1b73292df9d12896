using System.Buffers;

namespace QueueService.Broker.Queues;

/// <summary>A name and a value that an owner gives a queue, to find it by.</summary>
public readonly record struct Tag(string Key, string Value)
{
    /// <summary>As many as AWS allows on a resource.</summary>
    public const int MaxPerQueue = 50;

    public const int MaxKeyLength = 128;

    public const int MaxValueLength = 256;

    /// <summary>Without the colon, which separates key and value in a filter.</summary>
    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-");

    public static bool IsKey(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxKeyLength && !text.ContainsAnyExcept(KeyCharacters);

    /// <summary>Any text without control characters; it may be empty.</summary>
    public static bool IsValue(ReadOnlySpan<char> text)
    {
        foreach (char character in text)
            if (char.IsControl(character)) return false;
        return text.Length <= MaxValueLength;
    }

    /// <summary>The tags after a change: a value of null takes the key away. In ordinal order of keys.</summary>
    public static ValueList<Tag> Merge(ValueList<Tag> tags, IReadOnlyDictionary<string, string?> changes) => new(
        tags.Where(tag => !changes.ContainsKey(tag.Key))
            .Concat(changes.Where(static change => change.Value is not null)
                .Select(static change => new Tag(change.Key, change.Value!)))
            .OrderBy(static tag => tag.Key, StringComparer.Ordinal));
}

/// <summary>What a listing asks for: a key with this value, or with any when it is null.</summary>
public readonly record struct TagFilter(string Key, string? Value)
{
    public bool Matches(ValueList<Tag> tags)
    {
        foreach (Tag tag in tags)
            if (tag.Key == Key) return Value is null || tag.Value == Value;
        return false;
    }
}
