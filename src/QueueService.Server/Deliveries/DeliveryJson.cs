using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Deliveries;

/// <summary>A delivery as JSON.</summary>
internal static class DeliveryJson
{
    public const string Example = """
        {"id":"AAAABAAAAAAAAAAq","subscription":"billing","topic":"orders","messageId":"AAAAAwAAAAAAAAAq",
        "status":"pending","attempts":2,"lastAttemptAt":"2026-11-21T10:00:05.000Z",
        "nextAttemptAt":"2026-11-21T10:00:35.000Z","lastStatusCode":503,"error":"The endpoint answered 503."}
        """;

    public static void Write(JsonOutput output, Delivery delivery)
    {
        output.Raw("{\"id\":"u8);
        delivery.Id.Format(output.Quoted(MessageId.TextLength));
        output.Raw(",\"subscription\":"u8).Text(delivery.Subscription.Value)
            .Raw(",\"topic\":"u8).Text(delivery.Subscription.Topic.Value)
            .Raw(",\"messageId\":"u8);
        AttemptDetails? last = delivery.LastDetails;
        if (last is not null) output.Text(last.MessageId);
        else delivery.State.Message.Format(output.Quoted(MessageId.TextLength));
        output.Raw(",\"status\":"u8).Text(Delivery.Statuses[(int)delivery.Status])
            .Raw(",\"attempts\":"u8).Number(delivery.Attempts);
        if (last is not null) output.Raw(",\"lastAttemptAt\":"u8).Instant(last.StartedAt);
        if (delivery.State.DueAt > 0) output.Raw(",\"nextAttemptAt\":"u8).Instant(delivery.State.DueAt);
        if (last?.Status is { } status) output.Raw(",\"lastStatusCode\":"u8).Number(status);
        if (delivery.Status != DeliveryStatus.Succeeded && last?.Detail is { } error)
            output.Raw(",\"error\":"u8).Text(error);
        output.Raw("}"u8);
    }

    public static Task Answer(HttpContext http, int status, Delivery delivery)
    {
        JsonOutput output = JsonOutput.Rent();
        Write(output, delivery);
        return http.Answer(status, Answers.Json, output);
    }

    /// <param name="next">The cursor of the next page; null on the last.</param>
    public static Task Answer(HttpContext http, IReadOnlyList<Delivery> deliveries, string? next)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        for (int i = 0; i < deliveries.Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            Write(output, deliveries[i]);
        }

        Pages.Close(http, output, next);
        return http.Answer(200, Answers.Json, output);
    }
}
