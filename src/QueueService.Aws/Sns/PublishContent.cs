using System.Text;
using System.Text.Json;
using QueueService.Aws.Protocol;
using QueueService.Broker.Messages;

namespace QueueService.Aws.Sns;

internal sealed record SnsAttributeValue(string? DataType, string? StringValue, string? BinaryValue);

/// <summary>What a message says, whether it comes alone or in a batch.</summary>
internal interface IPublishedContent
{
    string? Message { get; }

    string? Subject { get; }

    string? MessageStructure { get; }

    Dictionary<string, SnsAttributeValue>? MessageAttributes { get; }

    string? MessageDeduplicationId { get; }

    string? MessageGroupId { get; }
}

/// <summary>A message of SNS, checked, as the topic keeps it.</summary>
internal sealed record PublishContent(MessageHeaders Headers, byte[] Body, int Bytes)
{
    private const string Json = "json";

    /// <summary>Checks all but the size; answers why it is refused.</summary>
    public static Reply<PublishContent> Read(IPublishedContent content, FoundTopic topic, string senderId)
    {
        if (content.Message is not { } text) return SnsErrors.Missing("Message");
        if (text.Length == 0) return SnsErrors.Invalid("Empty message");
        if (CheckSubject(content.Subject) is { } wrongSubject) return wrongSubject;
        if (CheckFifo(content, topic) is { } wrongOrder) return wrongOrder;
        List<MessageAttribute> attributes = [];
        int bytes = Encoding.UTF8.GetByteCount(text);
        foreach ((string name, SnsAttributeValue value) in content.MessageAttributes ?? [])
        {
            Reply<ReadAttribute> read = SnsAttributeReader.Read(name, value);
            if (read.Value is not { Attribute: var attribute }) return read.Error!;
            attributes.Add(attribute);
            bytes += Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value.DataType!) +
                Encoding.UTF8.GetByteCount(attribute.Text);
        }

        if (content.Subject is { } subject)
            attributes.Add(new MessageAttribute(SnsAttributes.Subject, AttributeKind.String, subject));
        if (content.MessageStructure is { } structure)
        {
            if (structure != Json) return SnsErrors.Invalid("MessageStructure");
            if (ReadStructure(text, attributes) is not { } main)
                return SnsErrors.Invalid("Message Structure - JSON message body failed to parse");
            if (main.Length == 0) return SnsErrors.Invalid("Message Structure - No default entry in JSON message body");
            text = main;
        }

        MessageHeaders headers = new()
        {
            GroupId = content.MessageGroupId,
            DeduplicationId = content.MessageDeduplicationId,
            SenderId = senderId,
            Attributes = attributes,
        };
        return new PublishContent(headers, Encoding.UTF8.GetBytes(text), bytes);
    }

    private static AwsError? CheckSubject(string? subject)
    {
        bool isFine = subject is null || (subject.Length is > 0 and <= SnsLimits.SubjectCharacters &&
            !subject.Any(char.IsControl) && !char.IsWhiteSpace(subject[0]));
        return isFine ? null : SnsErrors.Invalid("Subject");
    }

    private static AwsError? CheckFifo(IPublishedContent content, FoundTopic topic)
    {
        if (content.MessageGroupId is { } group && !IsGroup(group))
            return SnsErrors.Invalid("MessageGroupId", "it has 1 to 128 alphanumeric and punctuation characters");
        if (content.MessageDeduplicationId is { } id && !IsGroup(id))
            return SnsErrors.Invalid(
                "MessageDeduplicationId", "it has 1 to 128 alphanumeric and punctuation characters");
        if (!topic.IsFifo)
        {
            return content.MessageDeduplicationId is null
                ? null
                : SnsErrors.Invalid(
                    "MessageDeduplicationId",
                    "The request includes MessageDeduplicationId parameter that is not valid for this topic type");
        }

        if (content.MessageGroupId is null)
            return SnsErrors.Invalid("The MessageGroupId parameter is required for FIFO topics");
        return content.MessageDeduplicationId is null && !topic.Config.ContentBasedDeduplication
            ? SnsErrors.Invalid(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided " +
                "explicitly")
            : null;
    }

    private static bool IsGroup(string text) =>
        text.Length is > 0 and <= SnsLimits.GroupCharacters && text.All(static c => c is > ' ' and <= '~');

    /// <summary>Answers the default text, empty when there is none, and adds what other protocols get; null when the
    /// message is no such object.</summary>
    private static string? ReadStructure(string json, List<MessageAttribute> attributes)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            HashSet<string> seen = [];
            string main = "";
            foreach (JsonProperty field in document.RootElement.EnumerateObject())
            {
                if (!seen.Add(field.Name)) return null;

                // As AWS: what is no text is passed over.
                if (field.Value.ValueKind != JsonValueKind.String) continue;
                string text = field.Value.GetString()!;
                if (field.Name == "default") main = text;
                else if (field.Name is "sqs" or "http" or "https")
                {
                    attributes.Add(new MessageAttribute(
                        SnsAttributes.MessagePrefix + field.Name, AttributeKind.String, text));
                }
            }

            return main;
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
