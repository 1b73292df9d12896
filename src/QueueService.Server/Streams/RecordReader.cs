using System.Numerics;
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
        "body", "bodyBase64", "key", "partition", "contentType", "headers", "traceparent", "tracestate", "tombstone");

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
        bool isTombstone = false;
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
                case 8: isTombstone = ReadTombstone(ref json, ref problem); break;
                default: break;
            }

            // A value of the wrong shape, or one that nobody wanted, is passed over.
            json.TrySkip();
        }

        uint values = seen & (isTombstone ? 0b1_0000_0011u : 0b11u);
        if (BitOperations.PopCount(values) != 1)
            Problem.Blame(ref problem, "", "A record has one of body, bodyBase64 and tombstone.");
        if (isTombstone) draft.SetTombstone("/key", ref problem);
        if (traceParent is not null) draft.SetTrace(traceParent, traceState);
        var headers = draft.ToHeaders("", "", ref problem);
        if (problem is null) batch.Add(headers, body, draft.Options);
        return problem;
    }

    /// <summary>False is as if it were left out.</summary>
    private static bool ReadTombstone(ref Utf8JsonReader json, ref Problem? problem)
    {
        if (json.TokenType is not (JsonTokenType.True or JsonTokenType.False))
            Problem.Blame(ref problem, "/tombstone", "must be true or false.");
        return json.TokenType == JsonTokenType.True;
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
