using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

/// <summary>A message as JSON, on its way out.</summary>
internal static class MessageJson
{
    public const string Example = $$"""
        {"id":"AAAAAQAAAAAAAAAq","receiptHandle":"{{ReceiptSchemas.ExampleHandle}}","body":"hello",
        "contentType":"text/plain","attributes":{"tenant":"acme","priority":3},"sequenceNumber":42,"receiveCount":1,
        "sentAt":"2026-11-21T10:00:00.000Z","firstReceivedAt":"2026-11-21T10:00:01.000Z",
        "visibleAt":"2026-11-21T10:00:31.000Z"}
        """;

    public const string BrowsedExample = """
        {"id":"AAAAAQAAAAAAAAAq","state":"available","body":"hello","contentType":"text/plain","sequenceNumber":42,
        "receiveCount":0,"sentAt":"2026-11-21T10:00:00.000Z"}
        """;

    public const string EventExample = """
        {"id":"AAAAAQAAAAAAAAAq","body":"hello","contentType":"text/plain","attributes":{"tenant":"acme"},
        "sequenceNumber":42,"receiveCount":0,"sentAt":"2026-11-21T10:00:00.000Z"}
        """;

    public static readonly string[] States = ["available", "leased", "delayed", "blocked"];

    public static void WriteReceived(JsonOutput output, in MessageView message)
    {
        WriteReceipt(output, in message);
        WriteBody(output, in message);
        output.Raw(",\"contentType\":"u8).Text(message.ContentType);
        if (message.HasHeaders) WriteHeaders(output, message.ReadHeaders(), withEvent: true);
        WriteFacts(output, in message);
        output.Raw("}"u8);
    }

    public static void WriteBrowsed(JsonOutput output, in MessageView message)
    {
        output.Raw("{\"id\":"u8);
        message.Id.Format(output.Quoted(MessageId.TextLength));
        output.Raw(",\"state\":"u8).Text(States[(int)message.State]);
        WriteBody(output, in message);
        output.Raw(",\"contentType\":"u8).Text(message.ContentType);
        if (message.HasHeaders) WriteHeaders(output, message.ReadHeaders(), withEvent: true);
        WriteFacts(output, in message);
        output.Raw("}"u8);
    }

    /// <summary>Opens the object: the id, and the receipt when there is one.</summary>
    public static void WriteReceipt(JsonOutput output, in MessageView message)
    {
        output.Raw("{\"id\":"u8);
        message.Id.Format(output.Quoted(MessageId.TextLength));
        if (message.Receipt == default) return;
        output.Raw(",\"receiptHandle\":"u8);
        message.Receipt.Format(output.Quoted(ReceiptHandle.TextLength));
    }

    /// <summary>What happened to the message.</summary>
    public static void WriteFacts(JsonOutput output, in MessageView message)
    {
        output.Raw(",\"sequenceNumber\":"u8).Number(message.IsRecord ? message.Offset : message.SequenceNumber);
        if (message.IsRecord)
        {
            output.Raw(",\"partition\":"u8).Number(message.Partition).Raw(",\"offset\":"u8).Number(message.Offset);
        }

        // A record that was given up has its key in the dead-letter queue, too.
        if (message.HasHeaders && !message.Key.IsEmpty) output.Raw(",\"key\":"u8).Text(message.Key);
        output.Raw(",\"receiveCount\":"u8).Number(message.ReceiveCount)
            .Raw(",\"sentAt\":"u8).Instant(message.SentAt);
        if (message.Priority != 0) output.Raw(",\"priority\":"u8).Number(message.Priority);
        if (message.ExpiresAt != 0) output.Raw(",\"expiresAt\":"u8).Instant(message.ExpiresAt);
        if (message.FirstReceivedAt != 0) output.Raw(",\"firstReceivedAt\":"u8).Instant(message.FirstReceivedAt);
        if (message.VisibleAt != 0) output.Raw(",\"visibleAt\":"u8).Instant(message.VisibleAt);
        if (message.Origin is not { } origin) return;
        if (origin.RedriveCount > 0) output.Raw(",\"redriveCount\":"u8).Number(origin.RedriveCount);
        if (origin.IsDeadLetter) WriteDeadLetter(output, origin);
    }

    /// <param name="withEvent">Whether the attributes of a CloudEvent are among the attributes.</param>
    public static void WriteHeaders(JsonOutput output, MessageHeaders headers, bool withEvent)
    {
        if (headers.GroupId is not null) output.Raw(",\"groupId\":"u8).Text(headers.GroupId);
        if (headers.DeduplicationId is not null) output.Raw(",\"deduplicationId\":"u8).Text(headers.DeduplicationId);
        if (headers.CorrelationId is not null) output.Raw(",\"correlationId\":"u8).Text(headers.CorrelationId);
        if (headers.ReplyTo is not null) output.Raw(",\"replyTo\":"u8).Text(headers.ReplyTo);
        if (headers.RoutingKey is not null) output.Raw(",\"routingKey\":"u8).Text(headers.RoutingKey);
        if (headers.TraceParent is not null) output.Raw(",\"traceparent\":"u8).Text(headers.TraceParent);
        if (headers.TraceState is not null) output.Raw(",\"tracestate\":"u8).Text(headers.TraceState);
        WriteAttributes(output, headers, ",\"attributes\":{"u8, withEvent);
    }

    /// <param name="opening">What stands before the first one.</param>
    public static void WriteAttributes(
        JsonOutput output, MessageHeaders headers, ReadOnlySpan<byte> opening, bool withEvent = true)
    {
        bool open = false;
        foreach (MessageAttribute attribute in headers.Attributes)
        {
            if (!withEvent && CloudEvents.IsAttribute(attribute.Name)) continue;
            output.Raw(open ? ","u8 : opening).Text(attribute.Name).Raw(":"u8);
            WriteValue(output, attribute);
            open = true;
        }

        if (open) output.Raw("}"u8);
    }

    private static void WriteDeadLetter(JsonOutput output, MessageOrigin origin)
    {
        output.Raw(",\"deadLetter\":{\"sourceQueue\":"u8);
        if (origin.Record is { } record)
        {
            output.Text($"{record.Stream}/{record.QueueView}").Raw(",\"stream\":"u8).Text(record.Stream)
                .Raw(",\"partition\":"u8).Number(record.Partition).Raw(",\"offset\":"u8).Number(record.Offset);
        }
        else
        {
            output.Text(origin.SourceQueue);
        }

        output.Raw(",\"reason\":"u8).Text(origin.Reason)
            .Raw(",\"receiveCount\":"u8).Number(origin.ReceiveCount)
            .Raw(",\"firstFailedAt\":"u8).Instant(origin.FirstFailedAt)
            .Raw(",\"lastFailedAt\":"u8).Instant(origin.LastFailedAt).Raw("}"u8);
    }

    private static void WriteBody(JsonOutput output, in MessageView message)
    {
        if (message.BodyIsText) output.Raw(",\"body\":"u8).Text(message.Body);
        else output.Raw(",\"bodyBase64\":"u8).Base64Text(message.Body);
    }

    private static void WriteValue(JsonOutput output, MessageAttribute attribute)
    {
        if (attribute.Label is not null || (attribute.Kind == AttributeKind.Number && !JsonNumber.Is(attribute.Text)))
        {
            WriteTyped(output, attribute);
            return;
        }

        switch (attribute.Kind)
        {
            case AttributeKind.String:
                output.Text(attribute.Text);
                break;
            case AttributeKind.Binary:
                output.Raw("{\"type\":\"binary\",\"valueBase64\":"u8).Text(attribute.Text).Raw("}"u8);
                break;
            default:
                // A boolean or an array was checked when it was sent: its text is its JSON.
                output.Raw(System.Text.Encoding.UTF8.GetBytes(attribute.Text));
                break;
        }
    }

    /// <summary>A type of which JSON has no value: one with a label, or a number that was not written as JSON writes
    /// one.</summary>
    private static void WriteTyped(JsonOutput output, MessageAttribute attribute)
    {
        string type = AttributesReader.TypeOf(attribute.Kind);
        output.Raw("{\"type\":"u8).Text(attribute.Label is null ? type : $"{type}.{attribute.Label}")
            .Raw(attribute.Kind == AttributeKind.Binary ? ",\"valueBase64\":"u8 : ",\"value\":"u8)
            .Text(attribute.Text).Raw("}"u8);
    }
}
