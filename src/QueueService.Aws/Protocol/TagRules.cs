using QueueService.Broker.Queues;

namespace QueueService.Aws.Protocol;

/// <summary>What AWS lets be a tag: letters of all alphabets, digits, spaces and _ . : / = + - @. /v1 shows them all,
/// and takes fewer itself.</summary>
internal static class TagRules
{
    private const string Reserved = "aws:";

    /// <summary>What is wrong with the tags, as a sentence; null when nothing is.</summary>
    public static string? Check(IReadOnlyDictionary<string, string?> tags)
    {
        foreach ((string key, string? value) in tags)
            if ((CheckKey(key) ?? CheckValue(value)) is { } wrong) return wrong;
        return null;
    }

    public static string? CheckKey(string? key)
    {
        if (key is not { Length: > 0 and <= Tag.MaxKeyLength })
            return $"Tag keys must be between 1 and {Tag.MaxKeyLength} characters in length.";
        if (key.StartsWith(Reserved, StringComparison.OrdinalIgnoreCase))
            return "aws: prefixed tag key names are not allowed for external use.";
        return IsText(key)
            ? null
            : "Tag keys can contain only Unicode letters, digits, white space and _ . : / = + - @.";
    }

    private static string? CheckValue(string? value)
    {
        if (value is not { Length: <= Tag.MaxValueLength })
            return $"Tag values must be between 0 and {Tag.MaxValueLength} characters in length.";
        return IsText(value)
            ? null
            : "Tag values can contain only Unicode letters, digits, white space and _ . : / = + - @.";
    }

    /// <summary>Control characters that are white space are left out, too: no tag of /v1 has them.</summary>
    private static bool IsText(string text) => text.EnumerateRunes().All(static character =>
        System.Text.Rune.IsLetterOrDigit(character)
        || (System.Text.Rune.IsWhiteSpace(character) && !System.Text.Rune.IsControl(character))
        || (character.IsAscii && "_.:/=+-@".Contains((char)character.Value, StringComparison.Ordinal)));
}
