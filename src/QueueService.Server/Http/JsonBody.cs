using QueueService.Broker.Idempotency;
using QueueService.Server.Hosting;

namespace QueueService.Server.Http;

/// <summary>A small JSON object as the body of a request; no body counts as an empty one.</summary>
internal static class JsonBody
{
    public static async ValueTask<Problem?> Read<TTarget>(
        HttpContext http, BrokerHost host, TTarget target, JsonParser<TTarget> parser)
    {
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        return Parse(http, body, target, parser);
    }

    /// <summary>The same for an operation that knows the Idempotency-Key: its token stands for the bytes of the body.
    /// </summary>
    public static async ValueTask<(IdempotencyToken? Token, Problem? Problem)> ReadKeyed<TTarget>(
        HttpContext http, BrokerHost host, TTarget target, JsonParser<TTarget> parser)
    {
        Problem? problem = null;
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        if (problem is not null) return (null, problem);
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        problem = Parse(http, body, target, parser);
        return problem is null ? (key.ToToken(http, body.Span), null) : (null, problem);
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

    private static Problem? Parse<TTarget>(
        HttpContext http, in RequestBody body, TTarget target, JsonParser<TTarget> parser)
    {
        if (body.Error is not null || body.Span.IsEmpty) return body.Problem();
        return JsonRequest.CheckContentType(http) ?? JsonRequest.Parse(body.Span, target, parser);
    }
}
