using System.Buffers;
using System.Text;
using System.Text.Json;

namespace QueueService.Aws.Protocol;

/// <summary>Translates the JSON of an answer into the XML of the query protocol, by the same table as
/// requests.</summary>
internal readonly struct XmlAnswer(Shapes shapes, AnswerBuffer output)
{
    public const string ContentType = "text/xml";

    /// <summary>What has to be written as a reference; a carriage return would be read as a line feed.</summary>
    /// <remarks>And what XML does not have at all: a replacement, so that the rest of the answer can be read.</remarks>
    private static readonly SearchValues<char> Special = SearchValues.Create(
        [.. "&<>\"\uFFFE\uFFFF", .. Enumerable.Range(0, 0x20).Select(static code => (char)code).Except("\t\n")]);

    /// <param name="json">Empty for an action without an answer.</param>
    public void WriteResult(string action, ReadOnlyMemory<byte> json, string requestId)
    {
        Raw($"<?xml version=\"1.0\"?><{action}Response xmlns=\"{shapes.Namespace}\">");
        if (!json.IsEmpty)
        {
            using JsonDocument document = JsonDocument.Parse(json);
            Raw($"<{action}Result>");
            WriteStructure($"{action}Result", document.RootElement);
            Raw($"</{action}Result>");
        }

        Raw($"<ResponseMetadata><RequestId>{requestId}</RequestId></ResponseMetadata></{action}Response>");
    }

    public void WriteError(AwsError error, string requestId)
    {
        string type = error.Kind.IsSender ? "Sender" : "Receiver";
        Raw($"<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{shapes.Namespace}\"><Error><Type>{type}</Type><Code>");
        Text(error.Kind.Code);
        Raw("</Code><Message>");
        Text(error.QueryMessage ?? error.Message);
        Raw($"</Message><Detail/></Error><RequestId>{requestId}</RequestId></ErrorResponse>");
    }

    public void Raw(string xml) => output.Advance(Encoding.UTF8.GetBytes(xml, output.GetSpan(xml.Length * 3)));

    private void WriteStructure(string structure, JsonElement value)
    {
        foreach ((string member, WireType type) in shapes.Members(structure))
        {
            if (value.TryGetProperty(member, out JsonElement child)) WriteMember(member, type, child);
        }
    }

    private void WriteMember(string member, WireType type, JsonElement value)
    {
        // The tags of what is flattened are those of its items.
        if (type.Name is null) Open(member);
        switch (type.Kind)
        {
            case WireKind.Structure:
                WriteStructure(type.Structure!, value);
                break;
            case WireKind.List:
                foreach (JsonElement item in value.EnumerateArray())
                    WriteMember(type.Name ?? "member", type.Element!, item);
                break;
            case WireKind.Map:
                foreach (JsonProperty entry in value.EnumerateObject()) WriteEntry(type, entry);
                break;
            default:
                Text(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
                break;
        }

        if (type.Name is null) Close(member);
    }

    private void WriteEntry(WireType type, JsonProperty entry)
    {
        Open(type.Name ?? "entry");
        Open(type.Key);
        Text(entry.Name);
        Close(type.Key);
        WriteMember(type.Value, type.Element!, entry.Value);
        Close(type.Name ?? "entry");
    }

    private void Open(string name) => Raw($"<{name}>");

    private void Close(string name) => Raw($"</{name}>");

    private void Text(ReadOnlySpan<char> text)
    {
        for (int next; (next = text.IndexOfAny(Special)) >= 0; text = text[(next + 1)..])
        {
            Plain(text[..next]);
            Raw(text[next] switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\r' => "&#xD;",
                _ => "\uFFFD",
            });
        }

        Plain(text);
    }

    private void Plain(ReadOnlySpan<char> text) =>
        output.Advance(Encoding.UTF8.GetBytes(text, output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}
