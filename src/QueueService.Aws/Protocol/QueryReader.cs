using System.Globalization;
using System.Text.Json;

namespace QueueService.Aws.Protocol;

/// <summary>Translates the parameters of a query request into the JSON that the actions read.</summary>
internal sealed class QueryReader(Shapes shapes, Utf8JsonWriter json)
{
    /// <summary>A value that is not of its type.</summary>
    public AwsError? Error { get; private set; }

    public void Write(string structure, QueryTree tree)
    {
        json.WriteStartObject();
        foreach ((string member, WireType type) in shapes.Members(structure))
        {
            if (tree.Find(type.Name ?? member) is not { } node) continue;
            json.WritePropertyName(member);
            WriteValue(member, type, node);
        }

        json.WriteEndObject();
    }

    public void Flush() => json.Flush();

    private void WriteValue(string member, WireType type, QueryTree node)
    {
        switch (type.Kind)
        {
            case WireKind.Structure: Write(type.Structure!, node); break;
            case WireKind.List: WriteList(member, type, node); break;
            case WireKind.Map: WriteMap(member, type, node); break;
            case WireKind.Integer: WriteInteger(member, node.Value); break;
            case WireKind.Boolean: WriteBoolean(member, node.Value); break;
            default: json.WriteStringValue(node.Value ?? ""); break;
        }
    }

    private void WriteList(string member, WireType type, QueryTree node)
    {
        json.WriteStartArray();
        QueryTree items = type.Name is null ? node.Find("member") ?? node : node;
        foreach (QueryTree item in items.Items()) WriteValue(member, type.Element!, item);
        json.WriteEndArray();
    }

    private void WriteMap(string member, WireType type, QueryTree node)
    {
        json.WriteStartObject();
        QueryTree entries = type.Name is null ? node.Find("entry") ?? node : node;
        foreach (QueryTree entry in entries.Items(type.Key))
        {
            if (entry.Text(type.Key) is not { } key) continue;
            json.WritePropertyName(key);
            if (entry.Find(type.Value) is { } value) WriteValue(member, type.Element!, value);
            else if (type.Element!.Kind == WireKind.Text) json.WriteStringValue("");
            else json.WriteNullValue();
        }

        json.WriteEndObject();
    }

    private void WriteInteger(string member, string? text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
        {
            json.WriteNumberValue(number);
            return;
        }

        Error ??= ProtocolErrors.Invalid(member, text, "Must be an integer.");
        json.WriteNullValue();
    }

    private void WriteBoolean(string member, string? text)
    {
        if (bool.TryParse(text, out bool value))
        {
            json.WriteBooleanValue(value);
            return;
        }

        Error ??= ProtocolErrors.Invalid(member, text, "Must be true or false.");
        json.WriteNullValue();
    }
}
