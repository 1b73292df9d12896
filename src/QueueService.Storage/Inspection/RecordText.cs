namespace QueueService.Storage.Inspection;

/// <summary>Records as a person reads them.</summary>
internal static class RecordText
{
    private const int PreviewBytes = 60;

    /// <summary>RFC 3339 in UTC; the bare number when it is no time of a calendar.</summary>
    public static string Time(long milliseconds)
    {
        if (milliseconds < DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
            || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()) return $"{milliseconds} ms";
        return $"{DateTimeOffset.FromUnixTimeMilliseconds(milliseconds):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}";
    }

    /// <summary>The first bytes as ASCII, with a dot for what a terminal should not get.</summary>
    public static string Preview(ReadOnlySpan<byte> payload)
    {
        Span<char> text = stackalloc char[Math.Min(payload.Length, PreviewBytes)];
        for (int i = 0; i < text.Length; i++) text[i] = payload[i] is >= 0x20 and < 0x7F ? (char)payload[i] : '.';
        return new string(text);
    }
}
