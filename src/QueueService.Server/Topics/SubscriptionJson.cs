using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics;

/// <summary>A subscription as JSON.</summary>
internal static class SubscriptionJson
{
    /// <summary>In the order of <see cref="CircuitState"/>.</summary>
    public static readonly string[] Circuits = ["closed", "open", "halfOpen"];

    public const string Example = """
        {"name":"billing","topic":"orders","ordering":"none","visibilityTimeoutSeconds":30,"receiveWaitSeconds":0,
        "paused":false,"format":"raw","target":{"type":"pull"},"from":"latest","retryPolicy":{"kind":"none"},
        "redrivePolicy":{"deadLetterQueue":"orders-dead","maxReceiveCount":5,"includeExpired":false},
        "tags":{"team":"payments"},"createdAt":"2026-11-21T10:00:00.000Z","updatedAt":"2026-11-21T10:00:00.000Z",
        "stats":{"available":3,"leased":1,"delayed":0,"blocked":0,"oldestUnacknowledgedAgeSeconds":12,
        "receivedTotal":37,"acknowledgedTotal":36,"deadLetteredTotal":0,"missedTotal":0}}
        """;

    /// <param name="webhook">What the server knows of the deliveries since its start, when it is asked for.</param>
    public static void Write(JsonOutput output, QueueDescription subscription, WebhookStats? webhook = null)
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
        if (subscription.Config.Subscription!.Target == SubscriptionTarget.Webhook)
            WriteWebhook(output, stats, webhook);
        output.Raw("}}"u8);
    }

    private static void WriteWebhook(JsonOutput output, QueueStats stats, WebhookStats? webhook)
    {
        output.Raw(",\"abandonedTotal\":"u8).Number(stats.AbandonedTotal);
        if (stats.DisabledReason is { } reason) output.Raw(",\"disabledReason\":"u8).Text(reason);
        if (stats.FailingSince > 0) output.Raw(",\"failingSince\":"u8).Instant(stats.FailingSince);
        if (webhook is null) return;
        output.Raw(",\"circuit\":"u8).Text(Circuits[(int)webhook.Circuit.State])
            .Raw(",\"inFlight\":"u8).Number(webhook.InFlight);
        if (webhook.SuccessRate is { } rate) output.Raw(",\"successRate\":"u8).Thousandths((int)(rate * 1_000));
        if (webhook.Latency is { } latency)
        {
            output.Raw(",\"latencyMilliseconds\":{\"p50\":"u8).Thousandths(Thousandths(latency.P50))
                .Raw(",\"p95\":"u8).Thousandths(Thousandths(latency.P95))
                .Raw(",\"p99\":"u8).Thousandths(Thousandths(latency.P99)).Raw("}"u8);
        }
    }

    private static int Thousandths(double milliseconds) => (int)Math.Min(int.MaxValue, milliseconds * 1_000);
}
