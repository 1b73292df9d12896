using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class GetSubscription
{
    private static readonly Operation Description = new(
        "getSubscription", Tags.Subscriptions, "Read a subscription",
        "Its settings and the counts of this moment. The ETag names the settings. `missedTotal` counts the messages that " +
        "the topic did not keep until they were delivered.")
    {
        Replies =
        [
            new(200, "The subscription.", Content.Json("Subscription", SubscriptionJson.Example)) { Headers = ["ETag"] },
        ],
        Problems = [ProblemKind.SubscriptionNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TopicRoutes.Subscription, GetQueue.Handle, Description);
}
