using System.Buffers;
using System.Text;

namespace QueueService.Server.Webhooks;

/// <summary>Checks the headers that a target adds to its deliveries.</summary>
internal static class WebhookHeaders
{
    private static readonly SearchValues<char> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>What the connection, the payload, the signature and the authorization say themselves. A second framing
    /// or host header would let one request be read as two, or as another host's.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Content-Type", "Content-Encoding", "Connection", "Keep-Alive", "Proxy-Connection",
        "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect", "Authorization", "Proxy-Authorization",
        "Proxy-Authenticate", "Cookie", "HTTP2-Settings", "Forwarded", "Via", "traceparent", "tracestate",
        // The cloud's metadata servers ask for one of these, to be safe from just this kind of client.
        "Metadata-Flavor", "Metadata", "X-aws-ec2-metadata-token", "X-aws-ec2-metadata-token-ttl-seconds",
    };

    private static readonly string[] ReservedPrefixes = ["webhook-", "Message-", "ce-", "svix-", "X-Forwarded-"];

    /// <summary>What is wrong with them as a whole; null when nothing is.</summary>
    public static string? RefuseAll(IReadOnlyList<WebhookHeader> headers)
    {
        if (headers.Count > WebhookLimits.CustomHeaders)
            return $"must be at most {WebhookLimits.CustomHeaders} headers.";
        int bytes = headers.Sum(header => header.Name.Length + Encoding.UTF8.GetByteCount(header.Value));
        if (bytes > WebhookLimits.CustomHeaderBytes)
            return $"must have at most {WebhookLimits.CustomHeaderBytes} bytes of names and values.";
        int names = headers.Select(header => header.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count();
        return names < headers.Count ? "must not name a header twice; case does not matter." : null;
    }

    /// <summary>What is wrong with one of them; null when nothing is.</summary>
    public static string? Refuse(string name, string value)
    {
        if (!IsToken(name))
            return "must have a name of the characters of an HTTP token.";
        if (Reserved.Contains(name) ||
            ReservedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            return "is set by the server, or not for webhooks to set.";
        return IsValue(value) ? null : "must not contain control characters, or spaces around it.";
    }

    public static bool IsToken(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(Token);

    /// <summary>Nothing by which it could end before its end.</summary>
    public static bool IsOneLine(string value) =>
        !value.AsSpan().ContainsAnyInRange('\0', '\u001F') && !value.Contains('\u007F');

    private static bool IsValue(string value) =>
        value == value.Trim() && !value.Any(c => char.IsControl(c) || char.IsSurrogate(c));
}
