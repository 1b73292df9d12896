using System.Globalization;

namespace QueueService.Server.Http;

/// <summary>Durations in headers and the query: `30` and `30s` are seconds, `500ms`, `5m`, `2h`.</summary>
internal static class Durations
{
    private const int MaxDigits = 12;

    public static bool TryParse(ReadOnlySpan<char> text, out long milliseconds)
    {
        (int suffix, long unit) = text switch
        {
            [.., 'm', 's'] => (2, 1L),
            [.., 's'] => (1, 1_000L),
            [.., 'm'] => (1, 60_000L),
            [.., 'h'] => (1, 3_600_000L),
            _ => (0, 1_000L),
        };
        ReadOnlySpan<char> digits = text[..^suffix];
        milliseconds = 0;
        if (digits.Length is 0 or > MaxDigits || digits.ContainsAnyExceptInRange('0', '9')) return false;
        milliseconds = long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) * unit;
        return true;
    }
}
