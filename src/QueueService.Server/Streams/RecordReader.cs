using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

/// <summary>Reads records of a batch from JSON straight into the batch.</summary>
internal sealed class RecordReader : ItemReader
{
    private static readonly FieldNames Fields = new(
        "body", "bodyBase64", "key", "partition", "contentType", "headers", "traceparent", "tracestate");

    public override string ListName => "records";

    public override Problem? Read(ref Utf8JsonReader json, MessageBatch batch)
    {
        Problem? problem = null;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.TrySkip();
            return Problem.Invalid("", "A record must be a JSON object.");
        }

        MessageDraft draft = default;
        ReadOnlySpan<byte> body = default;
        uint seen = 0;
        string? traceParent = null;
        string? traceState = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            switch (field)
            {
                case 0: body = ReadText(ref json, "/body", ref problem); break;
                case 1: body = ReadBase64(ref json, ref problem); break;
                case 2: ReadKey(ref json, ref draft, ref problem); break;
                case 3: ReadPartition(ref json, ref draft, ref problem); break;
                case 4: ReadContentType(ref json, ref draft, ref problem); break;
                case 5: AttributesReader.Read(ref json, ref draft, ref problem, "headers"); break;
                case 6: JsonRequest.TryText(ref json, "/traceparent", out traceParent, ref problem); break;
                case 7: JsonRequest.TryText(ref json, "/tracestate", out traceState, ref problem); break;
                default: break;
            }

            // A value of the wrong shape, or one that nobody wanted, is passed over.
            json.TrySkip();
        }

        if ((seen & 0b11) is 0 or 0b11) Problem.Blame(ref problem, "", "A record has either body or bodyBase64.");
        if (traceParent is not null) draft.SetTrace(traceParent, traceState);
        var headers = draft.ToHeaders("", "", ref problem);
        if (problem is null) batch.Add(headers, body, draft.Options);
        return problem;
    }

    private static void ReadKey(ref Utf8JsonReader json, ref MessageDraft draft, ref Problem? problem)
    {
        if (JsonRequest.TryText(ref json, "/key", out string key, ref problem)) draft.SetKey("/key", key, ref problem);
    }

    private static void ReadContentType(ref Utf8JsonReader json, ref MessageDraft draft, ref Problem? problem)
    {
        if (JsonRequest.TryText(ref json, "/contentType", out string type, ref problem))
            draft.SetContentType("/contentType", type, ref problem);
    }

    private static void ReadPartition(ref Utf8JsonReader json, ref MessageDraft draft, ref Problem? problem)
    {
        if (JsonRequest.TryInteger(
            ref json, 0, StreamLimits.MaxPartitions - 1, "/partition", out long partition, ref problem))
            draft.SetPartition((int)partition);
    }
}
