using System.Text;
using System.Text.Json;
using QueueService.Broker.Operations;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Operations;

/// <summary>Reads `filter`: `{attributes: {name: value | [values]}, reason, sourceQueue, sentSince, sentBefore}`.
/// </summary>
internal static class FilterReader
{
    private static readonly FieldNames Fields = new("attributes", "reason", "sourceQueue", "sentSince", "sentBefore");

    public static MessageFilter Read(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        MessageFilter filter = new();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, pointer, "must be a JSON object.");
            return filter;
        }

        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem, pointer);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            string place = field < 0 ? "" : $"{pointer}/{Fields[field]}";
            filter = field switch
            {
                0 => filter with { Attributes = ReadAttributes(ref json, place, ref problem) },
                1 => filter with { Reason = ReadReason(ref json, place, ref problem) },
                2 => filter with { SourceQueue = RedriveReader.ReadName(ref json, place, ref problem) },
                3 => filter with { SentSince = ReadInstant(ref json, place, ref problem) },
                4 => filter with { SentBefore = ReadInstant(ref json, place, ref problem) },
                _ => filter,
            };
            json.TrySkip();
        }

        return filter;
    }

    private static List<AttributeMatch> ReadAttributes(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        List<AttributeMatch> matches = [];
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, pointer, "must be an object of attribute names and values.");
            return matches;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = JsonRequest.Name(ref json);
            string place = $"{pointer}/{JsonRequest.Escape(name)}";
            if (name.Length > Limits.AttributeNameLength || matches.Exists(match => match.Name == name))
                Problem.Blame(ref problem, place, "is too long for a name, or given twice.");
            json.Read();
            matches.Add(new AttributeMatch(name, ReadValues(ref json, place, ref problem)));
            json.TrySkip();
        }

        if (matches.Count > MessageFilter.MaxAttributes)
            Problem.Blame(ref problem, pointer, $"must name at most {MessageFilter.MaxAttributes} attributes.");
        int bytes = matches.Sum(match =>
            Encoding.UTF8.GetByteCount(match.Name) + match.Values.Sum(value => Encoding.UTF8.GetByteCount(value.Text)));
        if (bytes > MessageFilter.MaxBytes)
            Problem.Blame(ref problem, pointer, $"must have at most {MessageFilter.MaxBytes} bytes.");
        return matches;
    }

    private static List<AttributeValue> ReadValues(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        List<AttributeValue> values = [];
        if (json.TokenType != JsonTokenType.StartArray)
        {
            if (ReadValue(ref json, pointer, ref problem) is { } one) values.Add(one);
            return values;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (ReadValue(ref json, $"{pointer}/{values.Count}", ref problem) is { } value) values.Add(value);
            json.TrySkip();
        }

        if (values.Count is 0 or > MessageFilter.MaxValues)
            Problem.Blame(ref problem, pointer, $"must list 1 to {MessageFilter.MaxValues} values.");
        return values;
    }

    private static AttributeValue? ReadValue(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.String when JsonRequest.TryText(ref json, pointer, out string text, ref problem):
                if (Encoding.UTF8.GetByteCount(text) <= Limits.ShortTextBytes) return new AttributeValue(text);
                Problem.Blame(ref problem, pointer, $"must have at most {Limits.ShortTextBytes} bytes.");
                return null;
            case JsonTokenType.Number when MessageDraft.IsNumber(json.ValueSpan):
                return new AttributeValue(Encoding.ASCII.GetString(json.ValueSpan), IsNumber: true);
            case JsonTokenType.True or JsonTokenType.False:
                return new AttributeValue(json.GetBoolean() ? "true" : "false");
            default:
                Problem.Blame(ref problem, pointer, "must be a string, a number, a boolean or a list of them.");
                return null;
        }
    }

    private static string? ReadReason(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        if (!JsonRequest.TryText(ref json, pointer, out string text, ref problem)) return null;
        if (Encoding.UTF8.GetByteCount(text) is > 0 and <= Limits.ShortTextBytes) return text;
        Problem.Blame(ref problem, pointer, $"must be 1 to {Limits.ShortTextBytes} bytes.");
        return null;
    }

    private static long? ReadInstant(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        string text = json.TokenType == JsonTokenType.String ? JsonRequest.Name(ref json) : "";
        if (Rfc3339.TryParse(text, out long at) && at >= 0) return at;
        Problem.Blame(ref problem, pointer, "must be an RFC 3339 instant like 2026-11-21T10:00:00Z.");
        return null;
    }
}
