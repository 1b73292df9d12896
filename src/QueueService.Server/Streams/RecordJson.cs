using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

/// <summary>A record as JSON.</summary>
internal static class RecordJson
{
    public const string Example = """
        {"partition":0,"offset":41,"timestamp":"2026-11-21T10:00:00.000Z","key":"customer-7","headers":{"tenant":"acme"},
        "contentType":"text/plain","body":"hello"}
        """;

    public static void Write(JsonOutput output, in MessageView record)
    {
        output.Raw("{\"partition\":"u8).Number(record.Partition)
            .Raw(",\"offset\":"u8).Number(record.Offset)
            .Raw(",\"timestamp\":"u8).Instant(record.SentAt);
        if (record.HasHeaders)
        {
            ReadOnlySpan<byte> key = record.Key;
            if (!key.IsEmpty) output.Raw(",\"key\":"u8).Text(key);
            if (!record.HasOnlyKey) WriteHeaders(output, record.ReadHeaders());
        }

        output.Raw(",\"contentType\":"u8).Text(record.ContentType);
        if (record.IsTombstone) output.Raw(",\"tombstone\":true"u8);
        else if (record.BodyIsText) output.Raw(",\"body\":"u8).Text(record.Body);
        else output.Raw(",\"bodyBase64\":"u8).Base64Text(record.Body);
        output.Raw("}"u8);
    }

    private static void WriteHeaders(JsonOutput output, MessageHeaders headers)
    {
        if (headers.TraceParent is not null) output.Raw(",\"traceparent\":"u8).Text(headers.TraceParent);
        if (headers.TraceState is not null) output.Raw(",\"tracestate\":"u8).Text(headers.TraceState);
        MessageJson.WriteAttributes(output, headers, ",\"headers\":{"u8);
    }
}
