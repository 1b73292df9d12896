using System.Text;
using QueueService.Broker.Messages;

namespace QueueService.Aws.Sns;

/// <summary>
/// What SNS knows of a message beside its body and its attributes is kept in attributes of names that nobody may give
/// theirs: the subject, and what another protocol gets instead of the body (`MessageStructure`). So a subscriber over
/// `/v1` sees them, and a publisher there can set them.
/// </summary>
internal static class SnsAttributes
{
    public const string Subject = "AWS.SNS.Subject";

    /// <summary>Followed by the protocol.</summary>
    public const string MessagePrefix = "AWS.SNS.Message.";

    public static bool IsOwn(string name) =>
        name == Subject || name.StartsWith(MessagePrefix, StringComparison.Ordinal);

    /// <summary>Null when the message has none.</summary>
    public static string? Find(MessageHeaders headers, string name)
    {
        foreach (MessageAttribute attribute in headers.Attributes)
            if (attribute.Name == name) return attribute.Text;
        return null;
    }

    /// <summary>The publisher's attributes.</summary>
    public static IReadOnlyList<MessageAttribute> WithoutOwn(MessageHeaders headers) =>
        headers.Attributes.Any(static one => IsOwn(one.Name))
            ? [.. headers.Attributes.Where(static one => !IsOwn(one.Name))]
            : headers.Attributes;

    /// <summary>What they count for the size of a message: names, types and values.</summary>
    public static int BytesOf(IReadOnlyList<MessageAttribute> attributes) => attributes.Sum(static one =>
        Encoding.UTF8.GetByteCount(one.Name) + Encoding.UTF8.GetByteCount(TypeOf(one)) +
        (one.Kind == AttributeKind.Binary
            ? Convert.FromBase64String(one.Text).Length
            : Encoding.UTF8.GetByteCount(one.Text)));

    /// <summary>The type as AWS writes it. A truth value of `/v1` is a string there.</summary>
    public static string TypeOf(MessageAttribute attribute)
    {
        string type = attribute.Kind switch
        {
            AttributeKind.Number => "Number",
            AttributeKind.Binary => "Binary",
            AttributeKind.StringArray => "String.Array",
            _ => "String",
        };
        return attribute.Label is { } label ? type + "." + label : type;
    }
}
