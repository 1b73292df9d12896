using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

/// <summary>A subscription as JSON.</summary>
internal static class SubscriptionJson
{
    public const string Example = """
        {"name":"billing","topic":"orders","ordering":"none","visibilityTimeoutSeconds":30,"receiveWaitSeconds":0,
        "paused":false,"target":{"type":"pull"},"from":"latest","retryPolicy":{"kind":"none"},
        "redrivePolicy":{"deadLetterQueue":"orders-dead","maxReceiveCount":5,"includeExpired":false},
        "tags":{"team":"payments"},"createdAt":"2026-11-21T10:00:00.000Z","updatedAt":"2026-11-21T10:00:00.000Z",
        "stats":{"available":3,"leased":1,"delayed":0,"blocked":0,"oldestUnacknowledgedAgeSeconds":12,
        "receivedTotal":37,"acknowledgedTotal":36,"deadLetteredTotal":0,"missedTotal":0}}
        """;

    public static void Write(JsonOutput output, QueueDescription subscription)
    {
        SubscriptionName name = SubscriptionName.At(subscription.Name);
        output.Raw("{\"name\":"u8).Text(name.Value).Raw(",\"topic\":"u8).Text(name.Topic.Value);
        SubscriptionFields.All.Write(output, subscription);
        QueueJson.Stamp(output, subscription);
        QueueStats stats = subscription.Stats;
        output.Raw(",\"stats\":{\"available\":"u8).Number(stats.Available)
            .Raw(",\"leased\":"u8).Number(stats.Leased)
            .Raw(",\"delayed\":"u8).Number(stats.Delayed)
            .Raw(",\"blocked\":"u8).Number(stats.Blocked)
            .Raw(",\"oldestUnacknowledgedAgeSeconds\":"u8).Number(stats.OldestMessageAgeSeconds)
            .Raw(",\"receivedTotal\":"u8).Number(stats.ReceivedTotal)
            .Raw(",\"acknowledgedTotal\":"u8).Number(stats.DeletedTotal)
            .Raw(",\"deadLetteredTotal\":"u8).Number(stats.DeadLetteredTotal)
            .Raw(",\"missedTotal\":"u8).Number(stats.MissedTotal);
        if (stats.BlockedReason is not null) output.Raw(",\"blockedReason\":"u8).Text(stats.BlockedReason);
        output.Raw("}}"u8);
    }
}
