using System.Buffers;

namespace QueueService.Aws.Sqs;

/// <summary>What a message may consist of: the characters of XML 1.0.</summary>
internal static class MessageText
{
    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(static code => (byte)code).Except("\t\n\r"u8.ToArray())]);

    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(static code => (char)code).Except("\t\n\r"), '\uFFFE', '\uFFFF']);

    /// <param name="text">Valid UTF-8.</param>
    public static bool IsAllowed(ReadOnlySpan<byte> text) =>
        !text.ContainsAny(Controls) && text.IndexOf("\uFFFE"u8) < 0 && text.IndexOf("\uFFFF"u8) < 0;

    /// <summary>Also not half of a surrogate pair.</summary>
    public static bool IsAllowed(string text)
    {
        if (text.AsSpan().ContainsAny(ControlCharacters)) return false;
        for (int i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }

        return true;
    }

    /// <summary>The id of a message group or of a deduplication: 1 to 128 letters, digits and punctuation.</summary>
    public static bool IsId(string text) =>
        text.Length is > 0 and <= 128 && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
