using System.Globalization;
using System.Security.Cryptography;

namespace QueueService.Server.DurableStreams;

/// <summary>
/// Numbers of 20-second intervals that readers put into the address of their next live read: those who wait at one
/// place ask the same question, which a cache asks only once. Never the number that the reader has sent, or the cache
/// would answer it with what it has.
/// </summary>
internal static class CollapseCursor
{
    private const long IntervalSeconds = 20;

    /// <summary>At most so far ahead of the time, in intervals: an hour.</summary>
    private const int Jitter = 180;

    private static readonly DateTimeOffset Start = new(2024, 10, 9, 0, 0, 0, TimeSpan.Zero);

    public static string After(string? given, TimeProvider time)
    {
        long now = (long)(time.GetUtcNow() - Start).TotalSeconds / IntervalSeconds;
        bool isAhead = long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out long last)
            && last >= now && last < long.MaxValue - Jitter;
        return (isAhead ? last + RandomNumberGenerator.GetInt32(1, Jitter + 1) : now).ToString(
            CultureInfo.InvariantCulture);
    }
}
