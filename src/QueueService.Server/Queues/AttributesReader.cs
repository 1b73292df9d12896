using System.Text;
using System.Text.Json;
using QueueService.Broker.Messages;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>Reads `attributes`: `{name: string | number | boolean | {type, value | valueBase64}}`. A type may have a
/// label behind a dot, as in SQS: `number.int`.</summary>
internal static class AttributesReader
{
    private static readonly FieldNames TypedFields = new("type", "value", "valueBase64");

    /// <summary>The type of a value, without a label.</summary>
    public static string TypeOf(AttributeKind kind) => kind switch
    {
        AttributeKind.Number => "number",
        AttributeKind.Boolean => "boolean",
        AttributeKind.Binary => "binary",
        AttributeKind.StringArray => "stringArray",
        _ => "string",
    };

    /// <param name="field">What they are called.</param>
    public static void Read(
        ref Utf8JsonReader json, ref MessageDraft draft, ref Problem? problem, string field = "attributes")
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, "/" + field, "must be an object.");
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = JsonRequest.Name(ref json);
            string pointer = $"/{field}/{JsonRequest.Escape(name)}";
            json.Read();
            if (json.TokenType == JsonTokenType.StartObject) ReadTyped(ref json, name, pointer, ref draft, ref problem);
            else if (TryPlain(ref json, pointer, out AttributeKind kind, out string text, ref problem))
                draft.AddAttribute(pointer, new MessageAttribute(name, kind, text), ref problem);
            json.TrySkip();
        }
    }

    private static bool TryPlain(
        ref Utf8JsonReader json, string pointer, out AttributeKind kind, out string text, ref Problem? problem)
    {
        text = "";
        kind = AttributeKind.String;
        switch (json.TokenType)
        {
            case JsonTokenType.String:
                return JsonRequest.TryText(ref json, pointer, out text, ref problem);
            case JsonTokenType.True or JsonTokenType.False:
                (kind, text) = (AttributeKind.Boolean, json.TokenType == JsonTokenType.True ? "true" : "false");
                return true;
            case JsonTokenType.Number when MessageDraft.IsNumber(json.ValueSpan):
                (kind, text) = (AttributeKind.Number, Encoding.ASCII.GetString(json.ValueSpan));
                return true;
            case JsonTokenType.Number:
                Problem.Blame(
                    ref problem, pointer,
                    $"must be a number of at most {Limits.NumberLength} characters within a double.");
                return false;
            default:
                Problem.Blame(ref problem, pointer, "must be a string, a number, a boolean or {type, value}.");
                return false;
        }
    }

    private static void ReadTyped(
        ref Utf8JsonReader json, string name, string pointer, ref MessageDraft draft, ref Problem? problem)
    {
        string type = "";
        MessageAttribute? given = null;
        Problem? wrong = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, TypedFields, ref seen, ref wrong);
            json.Read();
            if (field == 0) JsonRequest.TryText(ref json, "/type", out type, ref wrong);
            else if (field == 1 && TryPlain(ref json, "/value", out AttributeKind kind, out string text, ref wrong))
                given = new MessageAttribute(name, kind, text);
            else if (field == 2 && JsonRequest.TryText(ref json, "/valueBase64", out string encoded, ref wrong))
                given = new MessageAttribute(name, AttributeKind.Binary, encoded);
            json.TrySkip();
        }

        if (wrong is not null) Problem.Blame(ref problem, pointer, wrong.Summary);
        else if (given is not { } value || Conform(type, value) is not { } attribute)
            Problem.Blame(
                ref problem, pointer,
                "must have a type (string, number, boolean or binary, and maybe a label as in number.int) and a value "
                + "of it.");
        else draft.AddAttribute(pointer, attribute, ref problem);
    }

    /// <summary>The attribute as its type says; null when the value is not of that type.</summary>
    private static MessageAttribute? Conform(string type, MessageAttribute value)
    {
        int dot = type.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0) return ConformTo(type, value);
        string label = type[(dot + 1)..];
        return label.Length is > 0 and <= MessageAttribute.MaxLabelLength
            && ConformTo(type[..dot], value) is { } attribute
                ? attribute with { Label = label }
                : null;
    }

    private static MessageAttribute? ConformTo(string type, MessageAttribute value) => (type, value.Kind) switch
    {
        ("string", AttributeKind.String) or ("number", AttributeKind.Number) or
            ("boolean", AttributeKind.Boolean) => value,
        // Numbers beyond a double's digits are often sent as text, and some senders write 007.
        ("number", AttributeKind.String) when MessageDraft.IsNumber(Encoding.UTF8.GetBytes(value.Text)) =>
            value with { Kind = AttributeKind.Number },
        ("binary", AttributeKind.Binary) when Convert.TryFromBase64String(
            value.Text, new byte[value.Text.Length], out _) => value,
        _ => null,
    };
}
