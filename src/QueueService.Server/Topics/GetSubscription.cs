using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Topics;

internal static class GetSubscription
{
    private static readonly Operation Description = new(
        "getSubscription", Tags.Subscriptions, "Read a subscription",
        "Its settings and the counts of this moment. The ETag names the settings. `missedTotal` counts the messages " +
        "that the topic did not keep until they were delivered. For a webhook, `successRate` and " +
        "`latencyMilliseconds` are of the attempts since the server started, and `circuit` and `inFlight` of this " +
        "moment.")
    {
        Replies =
        [
            new(200, "The subscription.",
                Content.Json("Subscription", SubscriptionJson.Example)) { Headers = ["ETag"] },
        ],
        Problems = [ProblemKind.SubscriptionNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TopicRoutes.Subscription, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        RequestQuery.Read(http, [], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<QueueDescription> result = await host.Broker.GetSubscription(name);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        QueueDescription subscription = result.Value;
        bool isWebhook = subscription.Config.Subscription!.Target == SubscriptionTarget.Webhook;
        http.Response.Headers.ETag = ETags.Quote(subscription.ETag);
        JsonOutput output = JsonOutput.Rent();
        SubscriptionJson.Write(output, subscription, isWebhook ? host.Webhooks.Stats(subscription) : null);
        await http.Answer(200, Answers.Json, output);
    }
}
