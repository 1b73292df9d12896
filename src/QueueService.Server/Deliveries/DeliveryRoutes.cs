using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Deliveries;

/// <summary>The addresses of deliveries, one slice each.</summary>
internal static class DeliveryRoutes
{
    public const string Deliveries = "/v1/deliveries";
    public const string Delivery = Deliveries + "/{id}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        ListDeliveries.Map(routes);
        GetDelivery.Map(routes);
        ListAttempts.Map(routes);
        RetryDelivery.Map(routes);
    }

    /// <summary>The delivery that the path names. What is no id names none.</summary>
    public static async ValueTask<(Delivery? Delivery, Problem? Problem)> Find(HttpContext http, BrokerHost host)
    {
        if (!MessageId.TryParse(http.PathValue("id"), out MessageId id)
            || await host.Broker.FindSubscription(id) is not { } name)
            return (null, new Problem(ProblemKind.DeliveryNotFound));
        (_, Problem? problem) = await FindWebhook(host, name);
        if (problem is not null) return (null, new Problem(ProblemKind.DeliveryNotFound));
        Result<Delivery?> found = await DeliveryHistory.Find(host.Broker, name, id);
        if (!found.Succeeded) return (null, BrokerProblems.Of(found.Error));
        return found.Value is { } delivery ? (delivery, null) : (null, new Problem(ProblemKind.DeliveryNotFound));
    }

    /// <summary>A subscription whose target is a webhook.</summary>
    public static async ValueTask<(QueueDescription? Subscription, Problem? Problem)> FindWebhook(
        BrokerHost host, SubscriptionName name)
    {
        Result<QueueDescription> found = await host.Broker.GetSubscription(name);
        if (!found.Succeeded) return (null, BrokerProblems.Of(found.Error));
        return found.Value.Config.Subscription!.Target == SubscriptionTarget.Webhook
            ? (found.Value, null)
            : (null, new Problem(ProblemKind.NotWebhookSubscription));
    }
}
