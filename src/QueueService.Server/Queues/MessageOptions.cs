using System.Runtime.CompilerServices;
using Microsoft.Extensions.Primitives;
using QueueService.Broker.Messages;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

/// <summary>Reads the options of a raw message from headers and the query; a header and the query parameter of the same
/// name mean the same.</summary>
internal static class MessageOptions
{
    /// <summary>In the order of <see cref="MessageOption"/>.</summary>
    public static readonly string[] QueryNames =
    [
        "delay", "deliverAt", "ttl", "priority", "groupId", "deduplicationId", "correlationId", "replyTo", "routingKey",
    ];

    public static readonly Parameter[] Parameters =
    [
        new("delay", "Duration", "Hide the message at first. Same as Message-Delay.", "30s"),
        new("deliverAt", "Instant", "Hide the message until then. Same as Message-Deliver-At.", "2026-11-21T10:00:00Z"),
        new("ttl", "Duration", "The message is not delivered later than this. Same as Message-Ttl.", "10m"),
        new("priority", "Priority", "0 to 9, the highest first; standard queues only. Same as Message-Priority.", "5"),
        new("groupId", "String", "The message group. Same as Message-Group-Id.", "customer-7"),
        new("deduplicationId", "String", "FIFO queues only. Same as Message-Deduplication-Id.", "order-4711"),
        new("correlationId", "String", "Carried along. Same as Message-Correlation-Id.", "order-4711"),
        new("replyTo", "String", "Carried along. Same as Message-Reply-To.", "replies"),
        new("routingKey", "String", "What topics route by. Same as Message-Routing-Key.", "order.eu.created"),
        new("Message-Delay", "Duration", "Hide the message at first: `30`, `30s`, `5m`, `2h`, `500ms`.", "30s",
            ParameterPlace.Header),
        // A string: NSwag's client does not compile with an optional header that is a date-time.
        new("Message-Deliver-At", "String", "Hide the message until then (RFC 3339), at most 365 days.",
            "2026-11-21T10:00:00Z", ParameterPlace.Header),
        new("Message-Ttl", "Duration", "The message is not delivered later than this after it was sent.", "10m",
            ParameterPlace.Header),
        new("Message-Priority", "Priority", "0 to 9, the highest first; standard queues only.", "5",
            ParameterPlace.Header),
        new("Message-Group-Id", "String",
            "The message group: kept in order in a FIFO queue, given a fair turn in a standard one.", "customer-7",
            ParameterPlace.Header),
        new("Message-Deduplication-Id", "String",
            "FIFO queues only: sent again within five minutes, the message is not stored again.", "order-4711",
            ParameterPlace.Header),
        new("Message-Correlation-Id", "String", "Carried along with the message.", "order-4711", ParameterPlace.Header),
        new("Message-Reply-To", "String", "Carried along with the message.", "replies", ParameterPlace.Header),
        new("Message-Routing-Key", "String",
            "Words between dots that subscriptions of a topic choose by; a queue carries it along.", "order.eu.created",
            ParameterPlace.Header),
        new("traceparent", "String", "W3C trace context, given back on delivery.",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ParameterPlace.Header),
        new("tracestate", "String", "W3C trace context, given back on delivery.", "vendor=1", ParameterPlace.Header),
    ];

    private const string Prefix = "Message-";
    private const string AttributePrefix = "Message-Attribute-";

    /// <summary>In the same order.</summary>
    private static readonly string[] HeaderNames =
    [
        "Message-Delay", "Message-Deliver-At", "Message-Ttl", "Message-Priority", "Message-Group-Id",
        "Message-Deduplication-Id", "Message-Correlation-Id", "Message-Reply-To", "Message-Routing-Key",
    ];

    private static readonly string[] QueryPlaces = [.. QueryNames.Select(static name => "?" + name)];

    /// <summary>Reads all options of a single send.</summary>
    /// <param name="query">The values of <see cref="QueryNames"/>.</param>
    public static void Read(HttpContext http, in QueryValues query, ref MessageDraft draft, ref Problem? problem)
    {
        IHeaderDictionary headers = http.Request.Headers;
        string? contentType = http.Request.ContentType;
        if (contentType is not (null or ContentTypes.CurlDefault))
            draft.SetContentType("Content-Type", contentType, ref problem);
        if (headers.TraceParent.Count == 1)
            draft.SetTrace(headers.TraceParent.ToString(), headers.TraceState.ToString());

        for (int i = 0; i < QueryNames.Length; i++)
        {
            if (query[i] is { } value)
                draft.Set((MessageOption)i, QueryPlaces[i], value.ToString(), ref problem);
        }

        bool isEvent = false;
        foreach ((string name, StringValues value) in headers)
        {
            if (IsOurs(name))
            {
                ReadHeader(name, value, in query, ref draft, ref problem);
            }
            else if (CloudEvents.IsHeader(name))
            {
                CloudEvents.ReadHeader(name, value, ref draft, ref problem);
                isEvent = true;
            }
        }

        if (isEvent) CloudEvents.Check(in draft, CloudEvents.Prefix, ref problem);
    }

    /// <summary>A batch carries the options inside its messages.</summary>
    public static void RefuseHeaders(HttpContext http, ref Problem? problem)
    {
        foreach (KeyValuePair<string, StringValues> header in http.Request.Headers)
        {
            if (IsOurs(header.Key)) Problem.Blame(ref problem, header.Key, "belongs into each message of a batch.");
        }
    }

    /// <summary>A topic hands every message on at once: it has no delays, times to live or priorities.</summary>
    public static void RefuseTiming(HttpContext http, in QueryValues query, ref Problem? problem)
    {
        for (int option = 0; option <= (int)MessageOption.Priority; option++)
        {
            if (query[option] is not null) NotForTopics(ref problem, QueryPlaces[option]);
            else if (http.Request.Headers.ContainsKey(HeaderNames[option]))
                NotForTopics(ref problem, HeaderNames[option]);
        }
    }

    /// <summary>Whether the parameter or header says when or in which order a message is handed out.</summary>
    public static bool IsTiming(string name) =>
        Array.IndexOf(QueryNames, name) is >= 0 and <= (int)MessageOption.Priority
        || IndexOf(name) is >= 0 and <= (int)MessageOption.Priority;

    public static void NotForTopics(ref Problem? problem, string where)
    {
        problem ??= new Problem(ProblemKind.OptionNotForTopics);
        problem.With(where, "is not supported by topics, which hand every message on at once.");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsOurs(string name) =>
        name.Length > Prefix.Length && name[Prefix.Length - 1] == '-' &&
        name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    private static void ReadHeader(
        string name, StringValues values, in QueryValues query, ref MessageDraft draft, ref Problem? problem)
    {
        string value = values.ToString();
        if (values.Count != 1)
        {
            Problem.Blame(ref problem, name, "is given more than once.");
        }
        else if (name.StartsWith(AttributePrefix, StringComparison.OrdinalIgnoreCase))
        {
            // HTTP/2 lower-cases names on the wire, so HTTP/1.1 must mean the same.
            string attribute = name[AttributePrefix.Length..].ToLowerInvariant();
            draft.AddAttribute(name, new MessageAttribute(attribute, AttributeKind.String, value), ref problem);
        }
        else if (IndexOf(name) is var option and >= 0)
        {
            if (query[option] is not null) Problem.Blame(ref problem, name, "is given in the query as well.");
            draft.Set((MessageOption)option, name, value, ref problem);
        }
        else
        {
            Problem.Blame(ref problem, name, "is not a known message option.");
        }
    }

    private static int IndexOf(string name)
    {
        for (int i = 0; i < HeaderNames.Length; i++)
            if (name.Equals(HeaderNames[i], StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }
}
