using System.Buffers;
using System.Text;
using Microsoft.Extensions.Primitives;
using QueueService.Broker.Messages;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>
/// CloudEvents 1.0 over HTTP. An event is a message whose body is its data, whose content type is `datacontenttype`,
/// and whose context attributes are attributes with the prefix `ce-`; so each form can be given back whatever form it
/// came in.
/// </summary>
internal static class CloudEvents
{
    public const string Prefix = "ce-";

    public const string Example = """
        {"specversion":"1.0","id":"A234-1234","source":"/orders","type":"com.example.order.created",
        "datacontenttype":"application/json","data":{"order":4711}}
        """;

    private const string Version = "ce-specversion";

    private static readonly string[] Required = [Version, "ce-id", "ce-source", "ce-type"];

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    /// <summary>Characters that the HTTP binding leaves as they are in header values.</summary>
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range(0x21, 0x5E).Select(n => (byte)n).Where(n => n is not ((byte)'"' or (byte)'%'))]);

    public static bool IsHeader(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether an attribute of a message is a context attribute of an event.</summary>
    public static bool IsAttribute(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && IsName(name.AsSpan(Prefix.Length));

    public static bool IsName(ReadOnlySpan<char> name) => name.Length > 0 && !name.ContainsAnyExcept(NameCharacters);

    public static bool IsEvent(MessageHeaders headers)
    {
        foreach (MessageAttribute attribute in headers.Attributes)
        {
            if (attribute.Name == Version) return true;
        }

        return false;
    }

    public static void ReadHeader(string name, StringValues values, ref MessageDraft draft, ref Problem? problem)
    {
        string attribute = name.ToLowerInvariant();
        if (values.Count != 1) Problem.Blame(ref problem, name, "is given more than once.");
        else if (!IsAttribute(attribute)) Problem.Blame(ref problem, name, "has a name that is not a-z 0-9.");
        else draft.AddAttribute(name, new(attribute, AttributeKind.String, Decode(values.ToString())), ref problem);
    }

    /// <summary>An event has an id, a source, a type and a version that is known here.</summary>
    /// <param name="where">What stands before the attribute's own name in what is blamed.</param>
    public static void Check(in MessageDraft draft, string where, ref Problem? problem)
    {
        foreach (string name in Required)
        {
            string? value = draft.Attribute(name);
            if (string.IsNullOrEmpty(value))
                Problem.Blame(ref problem, where + name[Prefix.Length..], "is required in a CloudEvent.");
            else if (name == Version && value != "1.0")
                Problem.Blame(ref problem, where + name[Prefix.Length..], "must be 1.0.");
        }
    }

    /// <summary>A header value in the binding's encoding: printable ASCII, the rest as %XX of its UTF-8.</summary>
    public static string Encode(string value)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(value);
        if (!utf8.AsSpan().ContainsAnyExcept(Plain)) return value;
        StringBuilder encoded = new();
        foreach (byte octet in utf8)
        {
            if (Plain.Contains(octet)) encoded.Append((char)octet);
            else encoded.Append('%').Append(octet.ToString("X2"));
        }

        return encoded.ToString();
    }

    private static string Decode(string value)
    {
        if (value is ['"', .. var quoted, '"']) value = quoted.Replace("\\", "", StringComparison.Ordinal);
        return value.Contains('%') ? Uri.UnescapeDataString(value) : value;
    }
}
