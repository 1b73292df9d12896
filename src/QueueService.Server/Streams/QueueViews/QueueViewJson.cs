using QueueService.Broker.Queues;
using QueueService.Broker.QueueViews;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams.QueueViews;

/// <summary>A queue view as JSON, and what is told to its live readers.</summary>
internal static class QueueViewJson
{
    public const string Example = """
        {"name":"thumbnails","stream":"clicks","visibilityTimeoutSeconds":30,"receiveWaitSeconds":0,"paused":false,
        "from":"earliest","retryPolicy":{"kind":"none"},
        "redrivePolicy":{"deadLetterQueue":"clicks-dead","maxReceiveCount":5,"includeExpired":false},
        "tags":{"team":"media"},"createdAt":"2026-11-21T10:00:00.000Z","updatedAt":"2026-11-21T10:00:00.000Z",
        "stats":{"available":3,"leased":1,"delayed":0,"blocked":0,"oldestUnacknowledgedAgeSeconds":12,
        "receivedTotal":37,"acknowledgedTotal":36,"deadLetteredTotal":0,"expiredTotal":0}}
        """;

    public static void Write(JsonOutput output, QueueDescription view)
    {
        SubscriptionName name = SubscriptionName.At(view.Name);
        output.Raw("{\"name\":"u8).Text(name.Value)
            .Raw(",\"stream\":"u8).Text(StreamOf(view.Name));
        QueueViewFields.All.Write(output, view);
        QueueJson.Stamp(output, view);
        QueueStats stats = view.Stats;
        output.Raw(",\"stats\":{\"available\":"u8).Number(stats.Available)
            .Raw(",\"leased\":"u8).Number(stats.Leased)
            .Raw(",\"delayed\":"u8).Number(stats.Delayed)
            .Raw(",\"blocked\":"u8).Number(stats.Blocked)
            .Raw(",\"oldestUnacknowledgedAgeSeconds\":"u8).Number(stats.OldestMessageAgeSeconds)
            .Raw(",\"receivedTotal\":"u8).Number(stats.ReceivedTotal)
            .Raw(",\"acknowledgedTotal\":"u8).Number(stats.DeletedTotal)
            .Raw(",\"deadLetteredTotal\":"u8).Number(stats.DeadLetteredTotal)
            .Raw(",\"expiredTotal\":"u8).Number(stats.MissedTotal + stats.ExpiredTotal);
        if (stats.BlockedReason is not null) output.Raw(",\"blockedReason\":"u8).Text(stats.BlockedReason);
        output.Raw("}}"u8);
    }

    /// <summary>The name of the stream of a view.</summary>
    public static string StreamOf(QueueName view) => SubscriptionName.At(view).Topic.Value[1..];

    /// <summary>Records are missing: the stream did not keep them until they were acknowledged.</summary>
    public static void WriteGap(JsonOutput output, ViewGap gap)
    {
        output.Raw("{\"lost\":"u8).Number(gap.Lost).Raw(",\"partitions\":["u8);
        for (int i = 0; i < gap.Partitions.Count; i++)
        {
            PartitionGap one = gap.Partitions[i];
            output.Raw(i == 0 ? "{\"partition\":"u8 : ",{\"partition\":"u8).Number(one.Partition)
                .Raw(",\"from\":"u8).Number(one.From).Raw(",\"to\":"u8).Number(one.To).Raw("}"u8);
        }

        output.Raw("]}"u8);
    }
}
