using System.Net.Http.Headers;

namespace QueueService.Server.Webhooks;

/// <summary>Reads `Retry-After`: seconds or a date (RFC 9110, 10.2.3).</summary>
internal static class RetryAfterHeader
{
    /// <summary>Null when there is none, or none that can be read; else 1 s to 24 h.</summary>
    public static TimeSpan? Read(HttpResponseHeaders headers, DateTimeOffset now)
    {
        if (headers.RetryAfter is not { } asked) return null;
        TimeSpan delay = asked.Delta ?? (asked.Date!.Value - now);
        if (delay < WebhookLimits.MinRetryAfter) return WebhookLimits.MinRetryAfter;
        return delay > WebhookLimits.MaxRetryAfter ? WebhookLimits.MaxRetryAfter : delay;
    }
}
