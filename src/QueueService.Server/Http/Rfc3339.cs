using System.Globalization;

namespace QueueService.Server.Http;

/// <summary>Instants as text: `2026-11-21T10:00:00.000Z`. Written by hand because three of them ride on each message.
/// </summary>
internal static class Rfc3339
{
    public const int Length = 24;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    public static void Format(long unixMilliseconds, Span<byte> utf8)
    {
        DateTime time = DateTime.UnixEpoch.AddTicks(unixMilliseconds * TimeSpan.TicksPerMillisecond);
        "0000-00-00T00:00:00.000Z"u8.CopyTo(utf8);
        Digits(utf8[..4], time.Year);
        Digits(utf8[5..7], time.Month);
        Digits(utf8[8..10], time.Day);
        Digits(utf8[11..13], time.Hour);
        Digits(utf8[14..16], time.Minute);
        Digits(utf8[17..19], time.Second);
        Digits(utf8[20..23], time.Millisecond);
    }

    public static string Format(long unixMilliseconds) => string.Create(Length, unixMilliseconds, static (chars, at) =>
    {
        Span<byte> utf8 = stackalloc byte[Length];
        Format(at, utf8);
        for (int i = 0; i < utf8.Length; i++) chars[i] = (char)utf8[i];
    });

    /// <summary>Reads an instant that names its offset (Z or ±hh:mm).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long unixMilliseconds)
    {
        bool zoned = text.Length > 19 && (text[^1] == 'Z' || text[^6] is '+' or '-');
        bool parsed = DateTimeOffset.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset instant);
        unixMilliseconds = parsed ? instant.ToUnixTimeMilliseconds() : 0;
        return zoned && parsed;
    }

    private static void Digits(Span<byte> utf8, int value)
    {
        for (int i = utf8.Length - 1; i >= 0; i--, value /= 10) utf8[i] = (byte)('0' + (value % 10));
    }
}
