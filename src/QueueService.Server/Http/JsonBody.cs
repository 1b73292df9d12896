using QueueService.Server.Hosting;

namespace QueueService.Server.Http;

/// <summary>A small JSON object as the body of a request; no body counts as an empty one.</summary>
internal static class JsonBody
{
    public static async ValueTask<Problem?> Read<TTarget>(
        HttpContext http, BrokerHost host, TTarget target, JsonParser<TTarget> parser)
    {
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        if (body.Problem is not null || body.Span.IsEmpty) return body.Problem;
        return JsonRequest.CheckContentType(http) ?? JsonRequest.Parse(body.Span, target, parser);
    }

    /// <summary>Unix milliseconds; null when it is no instant.</summary>
    public static long? Instant(ref System.Text.Json.Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        bool read = JsonRequest.TryText(ref json, pointer, out string text, ref problem);
        json.TrySkip();
        if (!read) return null;
        if (Rfc3339.TryParse(text, out long time)) return time;
        Problem.Blame(ref problem, pointer, "must be an RFC 3339 instant like 2026-11-21T10:00:00Z.");
        return null;
    }
}
