using QueueService.Server.Hosting;

namespace QueueService.Server.DurableStreams;

/// <summary>What web pages of other origins may do with durable streams: everything, or nothing.</summary>
internal static class CrossOrigin
{
    private const string Methods = "GET, HEAD, PUT, POST, DELETE";

    private const string RequestHeaders =
        "content-type, if-none-match, stream-closed, stream-seq, stream-ttl, stream-expires-at, stream-forked-from, " +
        "stream-fork-offset, stream-fork-sub-offset, producer-id, producer-epoch, producer-seq";

    private const string ResponseHeaders =
        "etag, location, stream-next-offset, stream-up-to-date, stream-closed, stream-cursor, stream-ttl, " +
        "stream-expires-at, stream-sse-data-encoding, producer-epoch, producer-seq, producer-expected-seq, " +
        "producer-received-seq";

    /// <summary>Says whether the page that asks may read the answer.</summary>
    public static void Tell(HttpContext http, DurableStreamOptions options)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers["Cross-Origin-Resource-Policy"] = options.AllowedOrigins.Count > 0 ? "cross-origin" : "same-origin";
        if (options.AllowedOrigins.Count == 0) return;
        headers.Vary = "Origin";
        string origin = http.Request.Headers.Origin.ToString();
        if (origin.Length == 0) return;
        if (options.AllowedOrigins.Contains("*")) headers.AccessControlAllowOrigin = "*";
        else if (options.AllowedOrigins.Contains(origin)) headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = ResponseHeaders;
    }

    /// <summary>Answers the question of a browser before it sends a request of a page. Without an allowed origin, which
    /// <see cref="Tell"/> names, it does not send it.</summary>
    public static Task AnswerPreflight(HttpContext http)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.Allow = Methods + ", OPTIONS";
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlAllowHeaders = RequestHeaders;
        headers.AccessControlMaxAge = "600";
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
