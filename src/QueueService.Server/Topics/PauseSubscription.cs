using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

/// <summary>Pause and resume: the field `paused` as two verbs.</summary>
internal static class PauseSubscription
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map("pause", paused: true, new(
            "pauseSubscription", Tags.Subscriptions, "Stop delivering messages",
            "Nothing is delivered until the subscription is resumed; the topic keeps the messages for it as long as its " +
            "retention lasts. Leases that exist can be settled.")
        {
            IsKeyed = true,
            Replies = [new(204, "The subscription is paused.") { Headers = Schemas.DefinitionHeaders }],
            Problems = [ProblemKind.SubscriptionNotFound, ProblemKind.DiskFull],
        });
        Map("resume", paused: false, new(
            "resumeSubscription", Tags.Subscriptions, "Deliver messages again", "Receives that wait are served at once.")
        {
            IsKeyed = true,
            Replies = [new(204, "The subscription delivers messages.") { Headers = Schemas.DefinitionHeaders }],
            Problems = [ProblemKind.SubscriptionNotFound, ProblemKind.DiskFull],
        });

        void Map(string verb, bool paused, Operation description) => routes.MapOperation(
            "POST", $"{TopicRoutes.Subscription}/{verb}", (http, host) => PauseQueue.Handle(http, host, paused),
            description);
    }
}
