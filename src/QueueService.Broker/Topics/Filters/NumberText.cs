using System.Buffers.Text;

namespace QueueService.Broker.Topics.Filters;

/// <summary>
/// Numbers as JSON writes them. They are compared by value, as doubles: 300, 300.0 and 3e2 are one number, and numbers
/// of messages that differ beyond their 15th digit can be. What is too large for a double is infinite.
/// </summary>
internal static class NumberText
{
    public static double? Read(ReadOnlySpan<byte> text) =>
        LooksLikeNumber(text) && Utf8Parser.TryParse(text, out double number, out int read) && read == text.Length
            ? number + 0.0
            : null;

    /// <summary>Digits that matter: without leading and trailing zeros.</summary>
    public static int Digits(ReadOnlySpan<byte> text)
    {
        int exponent = text.IndexOfAny((byte)'e', (byte)'E');
        if (exponent >= 0) text = text[..exponent];
        int digits = 0, zeros = 0;
        foreach (byte letter in text)
        {
            if (letter is < (byte)'0' or > (byte)'9' || (letter == '0' && digits == 0)) continue;
            zeros = letter == '0' ? zeros + 1 : 0;
            digits++;
        }

        return digits - zeros;
    }

    /// <summary>JSON's grammar, as far as the parser is more tolerant: no sign +, no leading zero, no bare point, no
    /// names.</summary>
    private static bool LooksLikeNumber(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> digits = text.StartsWith((byte)'-') ? text[1..] : text;
        if (digits.IsEmpty || digits[0] is < (byte)'0' or > (byte)'9') return false;
        if (digits.Length > 1 && digits[0] == '0' && digits[1] is >= (byte)'0' and <= (byte)'9') return false;
        int point = digits.IndexOf((byte)'.');
        return point < 0 || (point + 1 < digits.Length && digits[point + 1] is >= (byte)'0' and <= (byte)'9');
    }
}
