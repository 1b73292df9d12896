using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class DeleteSubscription
{
    private static readonly Operation Description = new(
        "deleteSubscription", Tags.Subscriptions, "Delete a subscription",
        "The messages stay in the topic; receipts of the subscription are worth nothing any more.")
    {
        Parameters = [Schemas.IfMatch],
        Replies = [new(204, "The subscription is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [ProblemKind.SubscriptionNotFound, ProblemKind.PreconditionFailed],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "DELETE", TopicRoutes.Subscription,
        static (http, host) => DeleteQueue.Handle(http, host.Broker.DeleteQueue), Description);
}
