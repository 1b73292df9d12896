using System.Text;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Upper and lower case made equal, code point by code point (Unicode's simple case mapping, no
/// language).</summary>
internal static class CaseFolding
{
    /// <summary>Room for what any string of a filter folds to: a code point grows by half at most.</summary>
    public const int MaxBytes = FilterLimits.TextBytes * 3 / 2;

    public static byte[] Fold(ReadOnlySpan<byte> text)
    {
        Span<byte> folded = stackalloc byte[MaxBytes + 4];
        return folded[..Fold(text, folded)].ToArray();
    }

    /// <returns>Bytes written; −1 when they do not fit, so that no string of a filter is equal.</returns>
    public static int Fold(ReadOnlySpan<byte> text, Span<byte> folded)
    {
        int length = 0;
        while (!text.IsEmpty)
        {
            if (folded.Length - length < 4) return -1;
            if (text[0] < 0x80)
            {
                byte letter = text[0];
                folded[length++] = letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;
                text = text[1..];
                continue;
            }

            Rune.DecodeFromUtf8(text, out Rune rune, out int bytes);
            length += Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)).EncodeToUtf8(folded[length..]);
            text = text[bytes..];
        }

        return length;
    }

    public static bool Equals(ReadOnlySpan<byte> text, ReadOnlySpan<byte> folded)
    {
        if (text.Length > 2 * MaxBytes) return false;
        Span<byte> other = stackalloc byte[MaxBytes + 4];
        int length = Fold(text, other);
        return length >= 0 && other[..length].SequenceEqual(folded);
    }
}
