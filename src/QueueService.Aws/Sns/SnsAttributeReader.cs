using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using QueueService.Aws.Protocol;
using QueueService.Broker.Messages;

namespace QueueService.Aws.Sns;

/// <summary>An attribute that was read.</summary>
internal sealed record ReadAttribute(MessageAttribute Attribute);

/// <summary>Reads the attributes of messages, with SNS's rules.</summary>
internal static class SnsAttributeReader
{
    private const NumberStyles Number =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private static readonly string[] Reserved = ["AWS.", "Amazon."];

    public static Reply<ReadAttribute> Read(string name, SnsAttributeValue value)
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
                $"The message attribute '{name}' with type '{type}' must use field " +
                $"'{(isBinary ? "Binary" : "String")}'.");
        }

        if (string.IsNullOrEmpty(text))
        {
            return SnsErrors.ParameterValueInvalid.With(
                $"The message attribute '{name}' must contain non-empty message attribute value for message " +
                $"attribute type '{type}'.");
        }

        return CheckValue(name, main, text) is { } wrong
            ? SnsErrors.ParameterValueInvalid.With(wrong)
            : new ReadAttribute(
                new MessageAttribute(name, KindOf(main), text) { Label = dot < 0 ? null : type[(dot + 1)..] });
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
        bool isFine =
            name.Length is > 0 and <= SnsLimits.AttributeNameCharacters && name[0] != '.' && name[^1] != '.' &&
            !name.Contains("..", StringComparison.Ordinal) &&
            name.All(static c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.') &&
            !Reserved.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
        return isFine ? null : $"The message attribute name '{name}' is invalid.";
    }

    private static string? CheckValue(string name, string type, string text)
    {
        switch (type)
        {
            case "Number" when !double.TryParse(text, Number, CultureInfo.InvariantCulture, out double number) ||
                !double.IsFinite(number):
                return $"Could not cast message attribute '{name}' value to number.";
            case "Binary" when !Base64.IsValid(text):
                return $"The message attribute '{name}' with type 'Binary' must have a value in base64.";
            case "String.Array" when !IsArray(text):
                return $"The message attribute '{name}' with type 'String.Array' must have a JSON array of strings, " +
                    "numbers, true, false and null for its value.";
            default: return null;
        }
    }

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
