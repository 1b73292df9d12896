using Microsoft.Net.Http.Headers;
using QueueService.Broker.Messages;

namespace QueueService.Server.Http;

/// <summary>Media types of messages.</summary>
internal static class ContentTypes
{
    /// <summary>What curl -d says when nobody said anything: it counts as nothing said.</summary>
    public const string CurlDefault = "application/x-www-form-urlencoded";

    public const string OctetStream = "application/octet-stream";
    public const string Text = "text/plain";
    public const string Lines = "application/x-ndjson";
    public const string Event = "application/cloudevents+json";
    public const string EventBatch = "application/cloudevents-batch+json";

    /// <summary>Types that most messages have, with the headers of a message that has nothing else: none is allocated
    /// for them.</summary>
    private static readonly (string Type, MessageHeaders Headers)[] Usual =
    [
        .. new[]
        {
            Answers.Json, Text, OctetStream, "text/plain;charset=UTF-8", "text/plain; charset=utf-8",
            "application/json; charset=utf-8", "application/xml", "text/xml", "text/html", "text/csv",
            "application/x-protobuf", "application/avro",
        }.Select(type => (type, new MessageHeaders { ContentType = type })),
    ];

    /// <summary>The headers of a message that has a content type and nothing else.</summary>
    public static MessageHeaders Alone(string? contentType)
    {
        if (contentType is null) return MessageHeaders.None;
        foreach ((string type, MessageHeaders headers) in Usual)
        {
            if (type == contentType) return headers;
        }

        return new MessageHeaders { ContentType = contentType };
    }

    public static bool IsValid(string contentType)
    {
        foreach ((string type, _) in Usual)
        {
            if (type == contentType) return true;
        }

        return contentType.Length <= Limits.ContentTypeLength && MediaTypeHeaderValue.TryParse(contentType, out _);
    }

    /// <summary>JSON by its own name or by suffix (RFC 6839).</summary>
    public static bool IsJson(string contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type) &&
        (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase) ||
            type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));

    /// <summary>Compares without parameters.</summary>
    public static bool Is(string? contentType, string expected)
    {
        if (contentType is null) return false;
        int end = contentType.IndexOf(';', StringComparison.Ordinal);
        ReadOnlySpan<char> media = end < 0 ? contentType : contentType.AsSpan(0, end).TrimEnd();
        return media.Equals(expected, StringComparison.OrdinalIgnoreCase);
    }
}
