using System.Text.Json;
using System.Text.Unicode;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.DurableStreams;

/// <summary>
/// What one append leaves in the log. Of JSON these are its messages with commas between them: an array is taken apart
/// once, and a read puts brackets around all that it found.
/// </summary>
internal static class DurableRecord
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = Limits.EventDepth };

    public static bool IsJson(string contentType) => ContentTypes.Is(contentType, Answers.Json);

    /// <summary>Adds a body as a record. An empty one, and an array without messages, add none.</summary>
    public static Problem? Add(MessageBatch batch, string contentType, ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty) return null;
        if (IsJson(contentType) && !TryFlatten(body, out body)) return new Problem(ProblemKind.MalformedJson);
        if (!body.IsEmpty) batch.Add(MessageHeaders.None, body);
        return null;
    }

    /// <summary>How long the beginning of a record is that has so many messages of JSON, or else bytes; null when the
    /// record has fewer.</summary>
    public static int? LengthOf(string contentType, ReadOnlySpan<byte> record, long count)
    {
        if (!IsJson(contentType)) return count <= record.Length ? (int)count : null;
        byte[] array = [(byte)'[', .. record, (byte)']'];
        var reader = new Utf8JsonReader(array, Options);
        reader.Read();
        for (long i = 0; i < count; i++)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.EndArray) return null;
            reader.Skip();
        }

        return (int)reader.BytesConsumed - 1;
    }

    private static bool TryFlatten(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> messages)
    {
        messages = default;
        if (!Utf8.IsValid(body)) return false;
        try
        {
            var reader = new Utf8JsonReader(body, Options);
            if (!reader.Read()) return false;
            bool isArray = reader.TokenType == JsonTokenType.StartArray;
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            int end = (int)reader.BytesConsumed;
            if (reader.Read()) return false;
            messages = isArray ? body[(start + 1)..(end - 1)].Trim(" \t\r\n"u8) : body[start..end];
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
