using QueueService.Broker.Messages;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Webhooks;

/// <summary>What a delivery looks like.</summary>
internal enum WebhookFormat
{
    /// <summary>The body as it was sent, all else in headers.</summary>
    Raw,

    /// <summary>A JSON object in the shape of a received message.</summary>
    Envelope,

    /// <summary>As raw, with the context of an event in `ce-*` headers, also for what was not sent as one.</summary>
    CloudEventsBinary,

    /// <summary>One `application/cloudevents+json` object.</summary>
    CloudEventsStructured,
}

/// <summary>A delivery, without what the target adds: signatures, its own headers, authorization.</summary>
internal sealed record WebhookPayload(IReadOnlyList<WebhookHeader> Headers, ReadOnlyMemory<byte> Body)
{
    private const string Event = "application/cloudevents+json; charset=utf-8";

    public static WebhookPayload Write(WebhookFormat format, WebhookMessage message) => format switch
    {
        WebhookFormat.Envelope => new(Common(message, Answers.Json), Json(message, WriteEnvelope)),
        WebhookFormat.CloudEventsStructured => new(Common(message, Event), Json(message, WriteEvent)),
        WebhookFormat.CloudEventsBinary => new(
            [.. RawWith(message), .. CloudEvents.IsEvent(message.Headers) ? [] : InventedContext(message)],
            message.Body),
        _ => new(RawWith(message), message.Body),
    };

    /// <summary>Names the delivery, whatever its form, and carries the trace on.</summary>
    private static List<WebhookHeader> Common(WebhookMessage message, string contentType)
    {
        List<WebhookHeader> headers =
        [
            new("Content-Type", contentType), new("Message-Id", message.Id), new("Message-Topic", message.Topic),
            new("Message-Subscription", message.Subscription),
        ];
        if (message.Headers.TraceParent is { } parent) headers.Add(new("traceparent", parent));
        if (message.Headers.TraceState is { } state) headers.Add(new("tracestate", RawHeaders.Printable(state)));
        return headers;
    }

    private static List<WebhookHeader> RawWith(WebhookMessage message)
    {
        HeaderDictionary own = [];
        RawHeaders.Write(own, message.Headers with { TraceParent = null, TraceState = null });
        List<WebhookHeader> headers = Common(message, message.ContentType);
        headers.Add(new("Message-Sequence-Number", message.SequenceNumber.ToString()));
        headers.Add(new("Message-Sent-At", Rfc3339.Format(message.SentAt)));
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in own)
            headers.Add(new(name, value.ToString()));
        return headers;
    }

    private static WebhookHeader[] InventedContext(WebhookMessage message) =>
    [
        new("ce-specversion", "1.0"), new("ce-id", message.Id), new("ce-source", Source(message)),
        new("ce-type", CloudEventWriter.TypeOfPlainMessages), new("ce-time", Rfc3339.Format(message.SentAt)),
    ];

    private static byte[] Json(WebhookMessage message, Action<JsonOutput, WebhookMessage> write)
    {
        JsonOutput output = JsonOutput.Rent();
        write(output, message);
        byte[] json = output.Written.ToArray();
        output.Return();
        return json;
    }

    private static void WriteEnvelope(JsonOutput output, WebhookMessage message)
    {
        output.Raw("{\"id\":"u8).Text(message.Id)
            .Raw(",\"topic\":"u8).Text(message.Topic)
            .Raw(",\"subscription\":"u8).Text(message.Subscription);
        if (message.IsText) output.Raw(",\"body\":"u8).Text(message.Body.Span);
        else output.Raw(",\"bodyBase64\":"u8).Base64Text(message.Body.Span);
        output.Raw(",\"contentType\":"u8).Text(message.ContentType);
        MessageJson.WriteHeaders(output, message.Headers, withEvent: true);
        output.Raw(",\"sequenceNumber\":"u8).Number(message.SequenceNumber)
            .Raw(",\"sentAt\":"u8).Instant(message.SentAt).Raw("}"u8);
    }

    private static void WriteEvent(JsonOutput output, WebhookMessage message)
    {
        output.Raw("{\"specversion\":\"1.0\""u8);
        if (CloudEvents.IsEvent(message.Headers)) CloudEventWriter.WriteContext(output, message.Headers);
        else
            output.Raw(",\"id\":"u8).Text(message.Id)
                .Raw(",\"source\":"u8).Text(Source(message))
                .Raw(",\"type\":"u8).Text(CloudEventWriter.TypeOfPlainMessages)
                .Raw(",\"time\":"u8).Instant(message.SentAt);
        CloudEventWriter.WriteData(output, message.ContentType, message.IsText, message.Body.Span);
        output.Raw("}"u8);
    }

    private static string Source(WebhookMessage message) => "/v1/topics/" + message.Topic;
}
