using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

/// <summary>A stream as JSON.</summary>
internal static class StreamJson
{
    public const string Example = """
        {"name":"clicks","partitions":8,"retentionSeconds":604800,"retentionBytes":1073741824,"cleanup":"delete",
        "deleteRetentionSeconds":86400,"minCompactionLagSeconds":0,"maxMessageBytes":1048576,"durability":"fsync",
        "tags":{"team":"shop"},"alarms":[],"createdAt":"2026-11-21T10:00:00.000Z","updatedAt":"2026-11-21T10:00:00.000Z",
        "stats":{"records":40,"bytes":4096,"appendedTotal":40,"oldestRecordAgeSeconds":12}}
        """;

    public static void Write(JsonOutput output, QueueDescription stream)
    {
        output.Raw("{\"name\":"u8).Text(StreamName.At(stream.Name).Value);
        StreamFields.All.Write(output, stream);
        QueueJson.Stamp(output, stream);
        QueueStats stats = stream.Stats;
        output.Raw(",\"stats\":{\"records\":"u8).Number(stats.Available)
            .Raw(",\"bytes\":"u8).Number(stats.Bytes)
            .Raw(",\"appendedTotal\":"u8).Number(stats.SentTotal)
            .Raw(",\"oldestRecordAgeSeconds\":"u8).Number(stats.OldestMessageAgeSeconds)
            .Raw("}}"u8);
    }
}
