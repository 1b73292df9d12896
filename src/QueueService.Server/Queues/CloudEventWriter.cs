using System.Text.Json;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>Writes messages as structured CloudEvents. A message that never was an event becomes one whose id is the
/// message's id and whose source is the queue or the topic.</summary>
internal static class CloudEventWriter
{
    public const string TypeOfPlainMessages = "queueservice.message";

    /// <summary>The receipt fields, and the event beside them.</summary>
    public static void WriteReceived(JsonOutput output, QueueName queue, in MessageView message)
    {
        MessageHeaders headers = message.HasHeaders ? message.ReadHeaders() : MessageHeaders.None;
        MessageJson.WriteReceipt(output, in message);
        MessageJson.WriteHeaders(output, headers, withEvent: false);
        MessageJson.WriteFacts(output, in message);
        output.Raw(",\"event\":{\"specversion\":\"1.0\""u8);
        if (CloudEvents.IsEvent(headers)) WriteContext(output, headers);
        else InventContext(output, queue, in message);
        WriteData(output, message.ContentType, message.BodyIsText, message.Body);
        output.Raw("}}"u8);
    }

    /// <summary>The attributes of an event, but its version.</summary>
    public static void WriteContext(JsonOutput output, MessageHeaders headers)
    {
        foreach (MessageAttribute attribute in headers.Attributes)
        {
            if (!CloudEvents.IsAttribute(attribute.Name) || attribute.Name == "ce-specversion") continue;
            output.Raw(","u8).Text(attribute.Name.AsSpan(CloudEvents.Prefix.Length)).Raw(":"u8);
            if (attribute.Kind == AttributeKind.Boolean
                || (attribute.Kind == AttributeKind.Number && JsonNumber.Is(attribute.Text)))
                output.Raw(System.Text.Encoding.ASCII.GetBytes(attribute.Text));
            else
                output.Text(attribute.Text);
        }
    }

    private static void InventContext(JsonOutput output, QueueName queue, in MessageView message)
    {
        output.Raw(",\"id\":"u8);
        message.Id.Format(output.Quoted(MessageId.TextLength));
        output.Raw(",\"source\":"u8).Text(Addresses.SourceOf(queue))
            .Raw(",\"type\":"u8).Text(TypeOfPlainMessages)
            .Raw(",\"time\":"u8).Instant(message.SentAt);
    }

    public static void WriteData(JsonOutput output, string contentType, bool isText, ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty) return;
        output.Raw(",\"datacontenttype\":"u8).Text(contentType);
        bool claimsJson = ContentTypes.IsJson(contentType);
        if (claimsJson && isText && IsJson(body)) output.Raw(",\"data\":"u8).Raw(body);
        // Text that only claims to be JSON would be read as a JSON string: its bytes say what it is.
        else if (isText && !claimsJson) output.Raw(",\"data\":"u8).Text(body);
        else output.Raw(",\"data_base64\":"u8).Base64Text(body);
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            Utf8JsonReader reader = new(text, CloudEventReader.Options);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
