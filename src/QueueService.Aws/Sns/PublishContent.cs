using System.Globalization;
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
            Reply<object> read = SnsAttributeReader.Read(name, value);
            if (read.Value is not MessageAttribute attribute) return read.Error!;
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
            return SnsErrors.Invalid("MessageDeduplicationId", "it has 1 to 128 alphanumeric and punctuation characters");
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

/// <summary>Reads the attributes of messages, with SNS's rules.</summary>
internal static class SnsAttributeReader
{
    private static readonly string[] Reserved = ["AWS.", "Amazon."];

    /// <summary>A <see cref="MessageAttribute"/>.</summary>
    public static Reply<object> Read(string name, SnsAttributeValue value)
    {
        if (RefuseName(name) is { } wrongName) return SnsErrors.ParameterValueInvalid.With(wrongName);
        string type = value.DataType ?? "";
        if (type.Length == 0)
        {
            return SnsErrors.ParameterValueInvalid.With(
                $"The message attribute '{name}' must contain non-empty message attribute type.");
        }

        int dot = type.StartsWith("String.Array", StringComparison.Ordinal)
            ? type.IndexOf('.', "String.Array".Length)
            : type.IndexOf('.', StringComparison.Ordinal);
        string main = dot < 0 ? type : type[..dot];
        if (main is not ("String" or "Number" or "Binary" or "String.Array") ||
            type.Length > SnsLimits.AttributeNameCharacters || dot == type.Length - 1)
        {
            return SnsErrors.ParameterValueInvalid.With(
                $"The message attribute '{name}' has an invalid message attribute type, the set of supported type " +
                "prefixes is Binary, Number, and String.");
        }

        bool isBinary = main == "Binary";
        string? text = isBinary ? value.BinaryValue : value.StringValue;
        if (text is null && (isBinary ? value.StringValue : value.BinaryValue) is not null)
        {
            return SnsErrors.ParameterValueInvalid.With(
                $"The message attribute '{name}' with type '{type}' must use field '{(isBinary ? "Binary" : "String")}'.");
        }

        if (string.IsNullOrEmpty(text))
        {
            return SnsErrors.ParameterValueInvalid.With(
                $"The message attribute '{name}' must contain non-empty message attribute value for message attribute " +
                $"type '{type}'.");
        }

        return CheckValue(name, main, text) is { } wrong
            ? SnsErrors.ParameterValueInvalid.With(wrong)
            : (object)new MessageAttribute(name, KindOf(main), text) { Label = dot < 0 ? null : type[(dot + 1)..] };
    }

    private static AttributeKind KindOf(string type) => type switch
    {
        "Number" => AttributeKind.Number,
        "Binary" => AttributeKind.Binary,
        "String.Array" => AttributeKind.StringArray,
        _ => AttributeKind.String,
    };

    private static string? RefuseName(string name)
    {
        bool isFine = name.Length is > 0 and <= SnsLimits.AttributeNameCharacters && name[0] != '.' && name[^1] != '.' &&
            !name.Contains("..", StringComparison.Ordinal) &&
            name.All(static c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.') &&
            !Reserved.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
        return isFine ? null : $"The message attribute name '{name}' is invalid.";
    }

    private static string? CheckValue(string name, string type, string text)
    {
        switch (type)
        {
            case "Number" when !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _):
                return $"Could not cast message attribute '{name}' value to number.";
            case "Binary" when !IsBase64(text):
                return $"The message attribute '{name}' with type 'Binary' must have a value in base64.";
            case "String.Array" when !IsArray(text):
                return $"The message attribute '{name}' with type 'String.Array' must have a JSON array of strings, " +
                    "numbers, true, false and null for its value.";
            default: return null;
        }
    }

    private static bool IsBase64(string text) =>
        System.Buffers.Text.Base64.IsValid(text);

    private static bool IsArray(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Array && document.RootElement.EnumerateArray()
                .All(static one => one.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array));
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
