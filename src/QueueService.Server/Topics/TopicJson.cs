using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

/// <summary>A topic as JSON.</summary>
internal static class TopicJson
{
    public const string Example = """
        {"name":"orders","type":"standard","retentionSeconds":345600,"maxMessageBytes":1048576,"durability":"fsync",
        "contentBasedDeduplication":false,"deduplicationScope":"topic","tags":{"team":"shop"},
        "createdAt":"2026-11-21T10:00:00.000Z","updatedAt":"2026-11-21T10:00:00.000Z","stats":{"messages":3,
        "bytes":4096,"publishedTotal":40,"oldestMessageAgeSeconds":12,"subscriptions":2}}
        """;

    public static void Write(JsonOutput output, QueueDescription topic)
    {
        output.Raw("{\"name\":"u8).Text(TopicName.At(topic.Name).Value);
        TopicFields.All.Write(output, topic);
        QueueJson.Stamp(output, topic);
        QueueStats stats = topic.Stats;
        output.Raw(",\"stats\":{\"messages\":"u8).Number(stats.Available)
            .Raw(",\"bytes\":"u8).Number(stats.Bytes)
            .Raw(",\"publishedTotal\":"u8).Number(stats.SentTotal)
            .Raw(",\"oldestMessageAgeSeconds\":"u8).Number(stats.OldestMessageAgeSeconds)
            .Raw(",\"subscriptions\":"u8).Number(topic.Subscriptions)
            .Raw("}}"u8);
    }
}
