using System.Text.Json;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>
/// Reads messages of a batch from JSON straight into the batch: a body without escapes is copied once, from the
/// request's buffer, and nothing is allocated for a message without attributes.
/// </summary>
internal sealed class MessageReader : ItemReader
{
    private static readonly FieldNames Fields = new(
        "body", "bodyBase64", "contentType", "delaySeconds", "correlationId", "replyTo", "traceparent", "tracestate",
        "attributes", "deliverAt", "ttlSeconds", "priority", "groupId", "deduplicationId", "routingKey");

    /// <summary>An import also takes what an export says about a message; all but the time of sending is read over.
    /// </summary>
    private static readonly FieldNames ImportFields = new(
        "body", "bodyBase64", "contentType", "delaySeconds", "correlationId", "replyTo", "traceparent", "tracestate",
        "attributes", "deliverAt", "ttlSeconds", "priority", "groupId", "deduplicationId", "routingKey", "sentAt", "id",
        "state", "sequenceNumber", "receiveCount", "firstReceivedAt", "visibleAt", "expiresAt", "deadLetter",
        "redriveCount");

    /// <summary>Imported messages are there at once and have no time to live.</summary>
    private const uint NotImported = (1u << 3) | (1u << 9) | (1u << 10);

    /// <summary>Hidden, expiring or preferred: not in a topic.</summary>
    private const uint Timing = (1u << 3) | (1u << 9) | (1u << 10) | (1u << 11);

    /// <summary>For an import: from when the retention of its messages counts, Unix milliseconds.</summary>
    public long? ImportedAt { get; init; }

    /// <summary>The messages are published: a topic hands each on at once.</summary>
    public bool ForTopic { get; init; }

    public override string ListName => "messages";

    public override Problem? Read(ref Utf8JsonReader json, MessageBatch batch)
    {
        Problem? problem = null;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.TrySkip();
            return Problem.Invalid("", "A message must be a JSON object.");
        }

        MessageDraft draft = default;
        ReadOnlySpan<byte> body = default;
        uint seen = 0;
        string? traceParent = null;
        string? traceState = null;
        long? sentAt = null;
        FieldNames known = ImportedAt is null ? Fields : ImportFields;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, known, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            switch (field)
            {
                case 3 or 9 when ImportedAt is not null:
                    Problem.Blame(ref problem, "/" + known[field], "An imported message is available at once.");
                    break;
                case 0: body = ReadText(ref json, "/body", ref problem); break;
                case 1: body = ReadBase64(ref json, ref problem); break;
                case 3: ReadDelay(ref json, ref draft, ref problem); break;
                case 6: JsonRequest.TryText(ref json, "/traceparent", out traceParent, ref problem); break;
                case 7: JsonRequest.TryText(ref json, "/tracestate", out traceState, ref problem); break;
                case 8: AttributesReader.Read(ref json, ref draft, ref problem); break;
                case 10: ReadTtl(ref json, ref draft, ref problem); break;
                case 11: ReadPriority(ref json, ref draft, ref problem); break;
                case 15: sentAt = ReadSentAt(ref json, ref problem); break;
                case > 15: break;
                case > 0: ReadOption(ref json, field, ref draft, ref problem); break;
                default: break;
            }

            // A value of the wrong shape, or one that nobody wanted, is passed over.
            json.TrySkip();
        }

        if ((seen & 0b11) is 0 or 0b11) Problem.Blame(ref problem, "", "A message has either body or bodyBase64.");
        if (ImportedAt is not null && (seen & NotImported) != 0)
            Problem.Blame(ref problem, "", "An import has no delaySeconds, deliverAt or ttlSeconds.");
        if (ForTopic && (seen & Timing) != 0) RefuseTiming(seen, ref problem);
        if (traceParent is not null) draft.SetTrace(traceParent, traceState);
        MessageHeaders headers = draft.ToHeaders("", "/deliverAt", ref problem);
        if (problem is not null) return problem;
        if (ImportedAt is { } now) batch.AddImported(headers, body, sentAt ?? now, now, draft.Options.Priority);
        else batch.Add(headers, body, draft.Options);
        return problem;
    }

    private static void RefuseTiming(uint seen, ref Problem? problem)
    {
        for (int field = 0; seen >> field != 0; field++)
        {
            if ((seen & Timing & (1u << field)) != 0)
                MessageOptions.NotForTopics(ref problem, "/" + Fields[field]);
        }
    }

    private static void ReadOption(ref Utf8JsonReader json, int field, ref MessageDraft draft, ref Problem? problem)
    {
        string pointer = "/" + Fields[field];
        if (!JsonRequest.TryText(ref json, pointer, out string text, ref problem)) return;
        if (field == 2)
        {
            draft.SetContentType(pointer, text, ref problem);
            return;
        }

        MessageOption option = field switch
        {
            4 => MessageOption.CorrelationId,
            5 => MessageOption.ReplyTo,
            9 => MessageOption.DeliverAt,
            12 => MessageOption.GroupId,
            14 => MessageOption.RoutingKey,
            _ => MessageOption.DeduplicationId,
        };
        draft.Set(option, pointer, text, ref problem);
    }

    private static long? ReadSentAt(ref Utf8JsonReader json, ref Problem? problem)
    {
        if (!JsonRequest.TryText(ref json, "/sentAt", out string text, ref problem)) return null;
        if (Rfc3339.TryParse(text, out long at) && at >= 0) return at;
        Problem.Blame(ref problem, "/sentAt", "must be an RFC 3339 instant like 2026-11-21T10:00:00Z.");
        return null;
    }

    public static void ReadDeliverAt(ref Utf8JsonReader json, ref MessageDraft draft, ref Problem? problem)
    {
        if (JsonRequest.TryText(ref json, "/deliverAt", out string text, ref problem))
            draft.Set(MessageOption.DeliverAt, "/deliverAt", text, ref problem);
    }

    public static void ReadDelay(ref Utf8JsonReader json, ref MessageDraft draft, ref Problem? problem)
    {
        if (JsonRequest.TryInteger(
            ref json, 0, QueueConfigLimits.MaxDelaySeconds, "/delaySeconds", out long seconds, ref problem))
            draft.SetDelay(seconds * 1_000);
    }

    private static void ReadTtl(ref Utf8JsonReader json, ref MessageDraft draft, ref Problem? problem)
    {
        if (JsonRequest.TryInteger(
            ref json, 1, QueueConfigLimits.MaxRetentionSeconds, "/ttlSeconds", out long seconds, ref problem))
            draft.SetTtl(seconds * 1_000);
    }

    private static void ReadPriority(ref Utf8JsonReader json, ref MessageDraft draft, ref Problem? problem)
    {
        if (JsonRequest.TryInteger(
            ref json, 0, QueueConfigLimits.MaxPriority, "/priority", out long priority, ref problem))
            draft.SetPriority((int)priority);
    }
}
