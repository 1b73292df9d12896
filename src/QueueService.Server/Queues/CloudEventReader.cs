using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>Reads structured CloudEvents (JSON) into messages.</summary>
internal static class CloudEventReader
{
    private static readonly FieldNames Own = new("data", "data_base64", "datacontenttype");

    public static readonly JsonReaderOptions Options = new() { MaxDepth = Limits.EventDepth };

    /// <summary>Reads a request that is one event.</summary>
    public static Problem? ReadOne(ReadOnlySpan<byte> json, in MessageDraft draft, MessageBatch batch, out UInt128 md5)
    {
        md5 = default;
        if (!Utf8.IsValid(json)) return new Problem(ProblemKind.MalformedJson, "The body is not valid UTF-8.");
        try
        {
            Utf8JsonReader reader = new(json, Options);
            reader.Read();
            Problem? problem = null;
            ReadOnlySpan<byte> body = Read(ref reader, json, draft, batch, ref problem);
            md5 = SendMessage.Md5(body);
            while (reader.Read())
            {
            }

            return problem;
        }
        catch (JsonException malformed)
        {
            return JsonRequest.Malformed(malformed);
        }
    }

    /// <summary>Reads the event on whose first token the reader stands, adds it to the batch and answers its data.
    /// </summary>
    /// <param name="json">All that the reader reads from: data is taken from it as it stands.</param>
    public static ReadOnlySpan<byte> Read(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> json, MessageDraft draft, MessageBatch batch,
        ref Problem? problem)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, "", "An event must be a JSON object.");
            reader.TrySkip();
            return default;
        }

        EventData data = default;
        uint seen = 0;
        draft.ClearContentType();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Own.IndexOf(ref reader) < 0)
            {
                ReadAttribute(ref reader, ref draft, ref problem);
                continue;
            }

            int field = JsonRequest.Field(ref reader, Own, ref seen, ref problem);
            reader.Read();
            if (field == 2) ReadContentType(ref reader, ref draft, ref data, ref problem);
            else if (field >= 0) ReadData(ref reader, json, isBase64: field == 1, ref data, ref problem);
            else reader.TrySkip();
        }

        CloudEvents.Check(in draft, "/", ref problem);
        return Add(data, ref draft, batch, ref problem);
    }

    private static ReadOnlySpan<byte> Add(
        EventData data, scoped ref MessageDraft draft, MessageBatch batch, scoped ref Problem? problem)
    {
        bool isJson = data.ContentType is null || ContentTypes.IsJson(data.ContentType);
        ReadOnlySpan<byte> body = data.Base64 ?? (data.Text is null || isJson ? data.Json : data.Text);
        if (data.ContentType is null && data.Json.Length > 0)
            draft.SetContentType("/datacontenttype", Answers.Json, ref problem);
        MessageHeaders headers = draft.ToHeaders("", "Message-Deliver-At", ref problem);
        if (problem is null) batch.Add(headers, body, draft.Options);
        return body;
    }

    private static void ReadContentType(
        ref Utf8JsonReader reader, ref MessageDraft draft, ref EventData data, ref Problem? problem)
    {
        if (JsonRequest.TryText(ref reader, "/datacontenttype", out string type, ref problem))
            draft.SetContentType("/datacontenttype", type, ref problem);
        else reader.TrySkip();
        data.ContentType = type;
    }

    private static void ReadData(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> json, bool isBase64, ref EventData data, ref Problem? problem)
    {
        if (data.Base64 is not null || !data.Json.IsEmpty)
            Problem.Blame(ref problem, "/data_base64", "is given beside data.");
        if (isBase64)
        {
            if (reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out byte[]? bytes))
                data.Base64 = bytes;
            else Problem.Blame(ref problem, "/data_base64", "must be a base64 string.");
            reader.TrySkip();
            return;
        }

        int start = (int)reader.TokenStartIndex;
        if (reader.TokenType == JsonTokenType.String &&
            JsonRequest.TryText(ref reader, "/data", out string text, ref problem))
            data.Text = Encoding.UTF8.GetBytes(text);
        reader.Skip();
        data.Json = json[start..(int)reader.BytesConsumed];
    }

    private static void ReadAttribute(ref Utf8JsonReader reader, ref MessageDraft draft, ref Problem? problem)
    {
        string name = JsonRequest.Name(ref reader);
        string pointer = "/" + JsonRequest.Escape(name);
        reader.Read();
        AttributeKind? kind = reader.TokenType switch
        {
            JsonTokenType.String => AttributeKind.String,
            JsonTokenType.True or JsonTokenType.False => AttributeKind.Boolean,
            JsonTokenType.Number when reader.TryGetInt32(out _) => AttributeKind.Number,
            _ => null,
        };
        if (!CloudEvents.IsName(name))
            Problem.Blame(ref problem, pointer, "has a name that is not a-z 0-9.");
        else if (kind is null)
            Problem.Blame(ref problem, pointer, "must be a string, a boolean or a 32-bit integer.");
        else if (kind != AttributeKind.String)
            draft.AddAttribute(
                pointer, new(CloudEvents.Prefix + name, kind.Value, Encoding.ASCII.GetString(reader.ValueSpan)),
                ref problem);
        else if (JsonRequest.TryText(ref reader, pointer, out string text, ref problem))
            draft.AddAttribute(pointer, new(CloudEvents.Prefix + name, AttributeKind.String, text), ref problem);
        reader.TrySkip();
    }

    private ref struct EventData
    {
        public string? ContentType { get; set; }

        /// <summary>The data member as it stands in the request.</summary>
        public ReadOnlySpan<byte> Json { get; set; }

        /// <summary>Its text, when it is a string: the body, unless the content is JSON.</summary>
        public byte[]? Text { get; set; }

        public byte[]? Base64 { get; set; }
    }
}
