using System.Buffers;
using System.Globalization;
using System.Text;
using QueueService.Aws.Protocol;
using QueueService.Broker.Messages;

namespace QueueService.Aws.Sqs;

/// <summary>Checks the attributes of a message as SQS does, and turns them into the broker's and back.</summary>
internal static class AttributeRules
{
    private const string Text = "String";
    private const string Number = "Number";
    private const string Binary = "Binary";
    private const string TextArray = "String.Array";

    private static readonly SearchValues<char> AsciiNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <param name="bytes">Is added what the attributes count for the size of the message.</param>
    public static AwsError? Read(
        Dictionary<string, MessageAttributeValue>? given, out IReadOnlyList<MessageAttribute> attributes, ref int bytes)
    {
        attributes = [];
        if (given is null or { Count: 0 }) return null;
        if (given.Count > AwsLimits.MessageAttributes)
        {
            return ProtocolErrors.InvalidParameterValue.With(
                $"Number of message attributes [{given.Count}] exceeds the allowed maximum " +
                $"[{AwsLimits.MessageAttributes}].");
        }

        List<MessageAttribute> list = new(given.Count);
        attributes = list;
        foreach ((string name, MessageAttributeValue? value) in given)
        {
            if (CheckName(name) is { } badName) return ProtocolErrors.InvalidParameterValue.With(badName);
            if (CheckValue(name, value) is { } badValue) return ProtocolErrors.InvalidParameterValue.With(badValue);
            list.Add(ToBroker(name, value!));
            bytes += Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value!.DataType!)
                + (value.BinaryValue?.Length ?? Encoding.UTF8.GetByteCount(value.StringValue!));
        }

        return null;
    }

    /// <summary>What a receiver gets; a boolean of /v1 is a string to AWS.</summary>
    public static MessageAttributeValue ToAws(in MessageAttribute attribute)
    {
        // Over /v1 a value may have characters that XML does not have.
        if (!MessageText.IsAllowed(attribute.Text))
            return new() { DataType = Binary, BinaryValue = Encoding.UTF8.GetBytes(attribute.Text) };
        string label = attribute.Label is null ? "" : "." + attribute.Label;
        return attribute.Kind switch
        {
            AttributeKind.Binary =>
                new() { DataType = Binary + label, BinaryValue = Convert.FromBase64String(attribute.Text) },
            AttributeKind.Number => new() { DataType = Number + label, StringValue = attribute.Text },
            AttributeKind.StringArray => new() { DataType = TextArray, StringValue = attribute.Text },
            _ => new() { DataType = Text + label, StringValue = attribute.Text },
        };
    }

    /// <summary>Whether one of the names that a receive asks for is that of an attribute.</summary>
    public static bool IsAsked(IReadOnlyList<string> names, string name)
    {
        foreach (string asked in names)
        {
            if (asked is "All" or ".*" or "*" || asked == name) return true;
            bool isPrefix = asked.EndsWith(".*", StringComparison.Ordinal)
                && name.StartsWith(asked.AsSpan(0, asked.Length - 2), StringComparison.Ordinal);
            if (isPrefix) return true;
        }

        return false;
    }

    private static MessageAttribute ToBroker(string name, MessageAttributeValue value)
    {
        string type = value.DataType!;
        int dot = type.IndexOf('.', StringComparison.Ordinal);
        string? label = dot < 0 ? null : type[(dot + 1)..];
        if (value.BinaryValue is { } binary)
            return new MessageAttribute(name, AttributeKind.Binary, Convert.ToBase64String(binary)) { Label = label };
        AttributeKind kind =
            type.StartsWith(Number, StringComparison.Ordinal) ? AttributeKind.Number : AttributeKind.String;
        return new MessageAttribute(name, kind, value.StringValue!) { Label = label };
    }

    private static string? CheckName(string name)
    {
        if (name.Length == 0) return "The request must contain non-empty message attribute names.";
        if (name.Length > AwsLimits.AttributeNameCharacters)
        {
            return $"Message attribute name must be shorter than {AwsLimits.AttributeNameCharacters} bytes.";
        }

        if (name.StartsWith("AWS.", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("Amazon.", StringComparison.OrdinalIgnoreCase))
        {
            return $"You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. " +
                $"These strings are reserved for internal use.";
        }

        // AWS documents ASCII and takes other letters, too.
        foreach (char character in name)
        {
            if (!AsciiNameCharacters.Contains(character) && (char.IsAscii(character) || !char.IsLetter(character)))
            {
                return $"The message attribute name '{name}' can contain only letters, digits, '_', '-' and '.'.";
            }
        }

        return name[0] == '.' || name[^1] == '.' || name.Contains("..", StringComparison.Ordinal)
            ? $"The message attribute name '{name}' must not start or end with a period, and must not have " +
                "periods in succession."
            : null;
    }

    private static string? CheckValue(string name, MessageAttributeValue? value)
    {
        if (value is null || string.IsNullOrEmpty(value.DataType))
            return $"The message attribute '{name}' must contain non-empty message attribute type.";
        string type = value.DataType;
        if (type.Length > AwsLimits.AttributeTypeCharacters)
        {
            return $"The message attribute '{name}' has a type that is longer than " +
                $"{AwsLimits.AttributeTypeCharacters} characters.";
        }

        string prefix = type.Split('.')[0];
        if (prefix is not (Text or Number or Binary) || type.EndsWith('.') || !MessageText.IsAllowed(type))
        {
            return $"The message attribute '{name}' has an invalid message attribute type, the set of supported type " +
                "prefixes is Binary, Number, and String.";
        }

        if (value.StringListValues is { Count: > 0 } || value.BinaryListValues is { Count: > 0 })
            return "Message attribute list values in SendMessage operation are not supported.";
        bool isEmpty =
            prefix == Binary ? value.BinaryValue is null or { Length: 0 } : string.IsNullOrEmpty(value.StringValue);
        if (isEmpty)
        {
            return $"The message attribute '{name}' must contain non-empty message attribute value for message " +
                $"attribute type '{type}'.";
        }

        if (prefix == Binary ? value.StringValue is not null : value.BinaryValue is not null)
            return $"The message attribute '{name}' has more than one value.";
        if (value.StringValue is { } text && !MessageText.IsAllowed(text))
        {
            return $"Invalid characters found in the value of the message attribute '{name}'. Valid unicode characters " +
                "are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
        }

        return prefix == Number && !IsNumber(value.StringValue!)
            ? $"Can't cast the value of message (user) attribute '{name}' to a number."
            : null;
    }

    /// <summary>Without the white space that NumberStyles.Float allows.</summary>
    private const NumberStyles NumberForm =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private static bool IsNumber(string text) =>
        text.Length <= 64 && double.TryParse(text, NumberForm, CultureInfo.InvariantCulture, out double number)
        && double.IsFinite(number);
}
