using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>What the operations on one receipt share.</summary>
internal static class ReceiptEndpoint
{
    /// <summary>The receipt that the path names; what is no handle at all becomes the empty one, which the broker
    /// never gave out.</summary>
    public static ReceiptHandle Receipt(HttpContext http) =>
        ReceiptHandle.TryParse(http.PathValue("receiptHandle").AsSpan(), out ReceiptHandle handle) ? handle : default;

    /// <summary>Settles one receipt; answers the problem itself.</summary>
    /// <returns>When the message becomes visible, or null when a problem was answered.</returns>
    public static async ValueTask<long?> Settle(
        HttpContext http, BrokerHost host, QueueName queue, Settlement settlement, long? milliseconds,
        IdempotencyToken? token = null)
    {
        Result<SettleOutcome> result =
            await host.Broker.Settle(queue, settlement, [Receipt(http)], milliseconds, token);
        IdempotencyKey.Tell(http, token);
        BrokerError error = result.Succeeded ? result.Value.Errors[0] : result.Error;
        if (error != BrokerError.None)
        {
            await error.Write(http);
            return null;
        }

        http.Promise(result.Value.Durability);
        return result.Value.VisibleAt;
    }
}
