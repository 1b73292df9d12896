using QueueService.Server.OpenApi;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Queues.Live;
using QueueService.Server.Topics.Live;
using QueueService.Server.Topics.Snapshots;

namespace QueueService.Server.Topics;

/// <summary>The addresses of topics and subscriptions, one slice each. Who publishes to a topic or receives from a
/// subscription does what it would do with a queue: those operations are the same code at another address.</summary>
internal static class TopicRoutes
{
    public const string Topics = "/v1/topics";
    public const string Topic = Topics + "/{topic}";
    public const string Messages = Topic + "/messages";
    public const string Subscriptions = Topic + "/subscriptions";
    public const string Subscription = Subscriptions + "/{subscription}";
    public const string Snapshots = Subscription + "/snapshots";
    public const string Snapshot = Snapshots + "/{snapshot}";
    private const string Receipt = Subscription + "/receipts/{receiptHandle}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        ListTopics.Map(routes);
        PutTopic.Map(routes);
        GetTopic.Map(routes);
        PatchTopic.Map(routes);
        DeleteTopic.Map(routes);
        PublishMessages.Map(routes);
        BrowseTopic.Map(routes);
        FollowTopic.Map(routes);

        ListSubscriptions.Map(routes);
        PutSubscription.Map(routes);
        GetSubscription.Map(routes);
        PatchSubscription.Map(routes);
        DeleteSubscription.Map(routes);
        PauseSubscription.Map(routes);
        SeekSubscription.Map(routes);
        MapPull(routes);

        ListSnapshots.Map(routes);
        PutSnapshot.Map(routes);
        GetSnapshot.Map(routes);
        DeleteSnapshot.Map(routes);

        RotateSecret.Map(routes);
        TestSubscription.Map(routes);
        RetryDeliveries.Map(routes);
        ReplaySubscription.Map(routes);
    }

    private static void MapPull(IEndpointRouteBuilder routes)
    {
        Map("POST", Subscription + "/receive", ReceiveMessages.Handle, ReceiveMessages.Description);
        Map("GET", Subscription + "/sse", ReceiveEvents.Handle, ReceiveEvents.Description);
        Map("POST", Subscription + "/consume", ConsumeMessages.Handle, ConsumeMessages.Description);
        Map("DELETE", Receipt, AcknowledgeMessage.Handle, AcknowledgeMessage.Description);
        Map("PATCH", Receipt, ExtendLease.Handle, ExtendLease.Description);
        Map("POST", Receipt + "/release", ReleaseMessage.Handle, ReleaseMessage.Description);
        Map("POST", Receipt + "/dead-letter", DeadLetterMessage.Handle, DeadLetterMessage.Description);
        SettleBatches.Map(routes, Subscription, OfSubscription);

        void Map(string method, string path, OperationHandler handler, Operation operation) =>
            routes.MapOperation(method, path, handler, OfSubscription(operation));
    }

    private static Operation OfSubscription(Operation operation) => operation.At(
        Tags.Subscriptions, ProblemKind.SubscriptionNotFound, ProblemKind.NotPullSubscription) with
    {
        Id = operation.Id + "OfSubscription",
        Summary = operation.Summary + " (subscription)",
    };
}
