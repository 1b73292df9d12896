using System.Text.Json;

namespace QueueService.Aws.Protocol;

/// <summary>What who calls in the query protocol and accepts JSON only is answered: the XML's structure, as
/// JSON.</summary>
internal static class JsonOfQuery
{
    public const string ContentType = "application/json";

    public static bool IsWanted(string accept) =>
        accept.Contains(ContentType, StringComparison.OrdinalIgnoreCase)
        && !accept.Contains("xml", StringComparison.OrdinalIgnoreCase);

    /// <param name="json">Empty for an action without an answer.</param>
    public static void WriteResult(AwsCall call, ReadOnlyMemory<byte> json, AnswerBuffer output)
    {
        string action = call.Action.Name;
        Utf8JsonWriter writer = output.Json();
        writer.WriteStartObject();
        writer.WriteStartObject(action + "Response");
        if (!json.IsEmpty)
        {
            using JsonDocument document = JsonDocument.Parse(json);
            writer.WritePropertyName(action + "Result");
            WriteStructure(call.Service.Shapes, action + "Result", document.RootElement, writer);
        }

        writer.WriteStartObject("ResponseMetadata");
        writer.WriteString("RequestId", call.RequestId);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
    }

    public static void WriteError(AwsError error, string requestId, AnswerBuffer output)
    {
        Utf8JsonWriter writer = output.Json();
        writer.WriteStartObject();
        writer.WriteStartObject("Error");
        writer.WriteString("Code", error.Kind.Code);
        writer.WriteNull("Detail");
        writer.WriteString("Message", error.QueryMessage ?? error.Message);
        writer.WriteString("Type", error.Kind.IsSender ? "Sender" : "Receiver");
        writer.WriteEndObject();
        writer.WriteString("RequestId", requestId);
        writer.WriteEndObject();
        writer.Flush();
    }

    private static void WriteStructure(Shapes shapes, string structure, JsonElement value, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach ((string member, WireType type) in shapes.Members(structure))
        {
            if (!value.TryGetProperty(member, out JsonElement child)) continue;
            writer.WritePropertyName(member);
            WriteValue(shapes, type, child, writer);
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Shapes shapes, WireType type, JsonElement value, Utf8JsonWriter writer)
    {
        switch (type.Kind)
        {
            case WireKind.Structure:
                WriteStructure(shapes, type.Structure!, value, writer);
                break;
            case WireKind.List:
                writer.WriteStartArray();
                foreach (JsonElement item in value.EnumerateArray()) WriteValue(shapes, type.Element!, item, writer);
                writer.WriteEndArray();
                break;
            case WireKind.Map:
                writer.WriteStartArray();
                foreach (JsonProperty entry in value.EnumerateObject()) WriteEntry(shapes, type, entry, writer);
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteEntry(Shapes shapes, WireType type, JsonProperty entry, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString(type.Key, entry.Name);
        writer.WritePropertyName(type.Value);
        WriteValue(shapes, type.Element!, entry.Value, writer);
        writer.WriteEndObject();
    }
}
