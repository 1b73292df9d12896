using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>A queue as JSON.</summary>
internal static class QueueJson
{
    public const string Example = """
        {"name":"jobs","type":"standard","visibilityTimeoutSeconds":30,"delaySeconds":0,"retentionSeconds":345600,
        "maxMessageBytes":1048576,"receiveWaitSeconds":0,"durability":"fsync","paused":false,
        "resetRetentionOnDeadLetter":false,"contentBasedDeduplication":false,"deduplicationScope":"queue",
        "maxMessages":100000,"overflow":"reject","retryPolicy":{"kind":"none"},
        "redrivePolicy":{"deadLetterQueue":"jobs-dead","maxReceiveCount":5,"includeExpired":false},
        "redriveAllowPolicy":{"permission":"allowAll"},"tags":{"team":"payments"},
        "alarms":[{"name":"failures","metric":"deadLettered","above":0,"forSeconds":0,"state":"ok",
        "since":"2026-11-21T10:00:00.000Z","value":0}],"createdAt":"2026-11-21T10:00:00.000Z",
        "updatedAt":"2026-11-21T10:00:00.000Z","stats":{"available":3,"leased":1,"delayed":0,"blocked":0,
        "oldestMessageAgeSeconds":12,"sentTotal":40,"receivedTotal":37,"deletedTotal":36,"expiredTotal":0,
        "deadLetteredTotal":0,"droppedTotal":0,"bytes":4096}}
        """;

    public static void Write(JsonOutput output, QueueDescription queue)
    {
        output.Raw("{\"name\":"u8).Text(queue.Name.Value);
        QueueFields.OfQueue.Write(output, queue);
        Stamp(output, queue);
        Write(output, queue.Stats);
        output.Raw("}"u8);
    }

    public static void Stamp(JsonOutput output, QueueDescription definition) =>
        output.Raw(",\"createdAt\":"u8).Instant(definition.CreatedAt)
            .Raw(",\"updatedAt\":"u8).Instant(definition.UpdatedAt);

    private static void Write(JsonOutput output, QueueStats stats)
    {
        output.Raw(",\"stats\":{\"available\":"u8).Number(stats.Available)
            .Raw(",\"leased\":"u8).Number(stats.Leased)
            .Raw(",\"delayed\":"u8).Number(stats.Delayed)
            .Raw(",\"blocked\":"u8).Number(stats.Blocked)
            .Raw(",\"oldestMessageAgeSeconds\":"u8).Number(stats.OldestMessageAgeSeconds)
            .Raw(",\"sentTotal\":"u8).Number(stats.SentTotal)
            .Raw(",\"receivedTotal\":"u8).Number(stats.ReceivedTotal)
            .Raw(",\"deletedTotal\":"u8).Number(stats.DeletedTotal)
            .Raw(",\"expiredTotal\":"u8).Number(stats.ExpiredTotal)
            .Raw(",\"deadLetteredTotal\":"u8).Number(stats.DeadLetteredTotal)
            .Raw(",\"droppedTotal\":"u8).Number(stats.DroppedTotal)
            .Raw(",\"bytes\":"u8).Number(stats.Bytes);
        if (stats.BlockedReason is not null) output.Raw(",\"blockedReason\":"u8).Text(stats.BlockedReason);
        output.Raw("}"u8);
    }
}
