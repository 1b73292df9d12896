using QueueService.Broker.Topics;
using QueueService.Server.Http;

namespace QueueService.Server.Topics.Snapshots;

/// <summary>A snapshot as JSON.</summary>
internal static class SnapshotJson
{
    public const string Example = """
        {"name":"before-deploy","topic":"orders","subscription":"billing","createdAt":"2026-11-21T10:00:00.000Z",
        "expiresAt":"2026-11-25T10:00:00.000Z"}
        """;

    public static void Write(JsonOutput output, SubscriptionName subscription, SubscriptionSnapshot snapshot) => output
        .Raw("{\"name\":"u8).Text(snapshot.Name)
        .Raw(",\"topic\":"u8).Text(subscription.Topic.Value)
        .Raw(",\"subscription\":"u8).Text(subscription.Value)
        .Raw(",\"createdAt\":"u8).Instant(snapshot.TakenAt)
        .Raw(",\"expiresAt\":"u8).Instant(snapshot.ExpiresAt).Raw("}"u8);

    public static Task Answer(
        HttpContext http, int status, SubscriptionName subscription, SubscriptionSnapshot snapshot)
    {
        http.Response.Headers.ETag = ETags.Quote(snapshot.ETag);
        JsonOutput output = JsonOutput.Rent();
        Write(output, subscription, snapshot);
        return http.Answer(status, Answers.Json, output);
    }
}
