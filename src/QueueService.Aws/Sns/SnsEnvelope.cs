using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using QueueService.Broker.Messages;

namespace QueueService.Aws.Sns;

/// <summary>The JSON that SNS posts to endpoints and copies to queues, its fields in AWS's order.</summary>
internal static class SnsEnvelope
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        // Nobody puts it into a page: other letters than ASCII stay as they are.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="signer">Null: without a signature, as those of FIFO topics.</param>
    public static void Write(IBufferWriter<byte> output, SnsNotification notification, SnsSigner? signer)
    {
        using Utf8JsonWriter json = new(output, Options);
        json.WriteStartObject();
        json.WriteString("Type", SnsNotification.Type);
        json.WriteString("MessageId", notification.MessageId);
        if (notification.SequenceNumber is { } number) json.WriteString("SequenceNumber", number);
        json.WriteString("TopicArn", notification.TopicArn);
        if (notification.Subject is { } subject) json.WriteString("Subject", subject);
        json.WriteString("Message", notification.Message);
        json.WriteString("Timestamp", notification.Timestamp);
        if (signer is not null) WriteSignature(json, signer, SignedFields.OfNotification(notification));
        json.WriteString("UnsubscribeURL", notification.UnsubscribeUrl);
        if (notification.Attributes.Count > 0) WriteAttributes(json, notification.Attributes);
        if (notification.IsReplayed) json.WriteBoolean("Replayed", true);
        json.WriteEndObject();
    }

    public static void Write(IBufferWriter<byte> output, SnsConfirmation confirmation, SnsSigner signer)
    {
        using Utf8JsonWriter json = new(output, Options);
        json.WriteStartObject();
        json.WriteString("Type", confirmation.Type);
        json.WriteString("MessageId", confirmation.MessageId);
        json.WriteString("Token", confirmation.Token);
        json.WriteString("TopicArn", confirmation.TopicArn);
        json.WriteString("Message", confirmation.Message);
        json.WriteString("SubscribeURL", confirmation.SubscribeUrl);
        json.WriteString("Timestamp", confirmation.Timestamp);
        WriteSignature(json, signer, SignedFields.OfConfirmation(confirmation));
        json.WriteEndObject();
    }

    private static void WriteSignature(Utf8JsonWriter json, SnsSigner signer, string text)
    {
        json.WriteString("SignatureVersion", signer.Version == 1 ? "1" : "2");
        json.WriteString("Signature", signer.Sign(text));
        json.WriteString("SigningCertURL", signer.CertificateUrl);
    }

    private static void WriteAttributes(Utf8JsonWriter json, IReadOnlyList<MessageAttribute> attributes)
    {
        json.WriteStartObject("MessageAttributes");
        foreach (MessageAttribute attribute in attributes)
        {
            json.WriteStartObject(attribute.Name);
            json.WriteString("Type", SnsAttributes.TypeOf(attribute));
            json.WriteString("Value", attribute.Text);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
