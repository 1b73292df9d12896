using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class PatchSubscription
{
    private const string Example = """{"visibilityTimeoutSeconds":120,"paused":true}""";

    private static readonly Operation Description = new(
        "patchSubscription", Tags.Subscriptions, "Change some settings of a subscription",
        "JSON merge patch (RFC 7396): fields left out stay as they are, `null` resets a field to its default. " +
        "`target` and `redrivePolicy` are replaced as a whole; of `tags`, keys left out stay, and `null` takes a key " +
        "away.")
    {
        Parameters = [Schemas.IfMatch],
        Request =
            [new(PatchQueue.MergePatch, "SubscriptionPatch", Example), Content.Json("SubscriptionPatch", Example)],
        RequestRequired = true,
        Replies =
        [
            new(200, "The subscription as it is now.", Content.Json("Subscription", SubscriptionJson.Example))
                { Headers = Schemas.DefinitionHeaders },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.TopicNotFound, ProblemKind.SubscriptionNotFound,
            ProblemKind.TargetQueueNotFound, ProblemKind.TargetStreamNotFound, ProblemKind.ImmutableField,
            ProblemKind.PreconditionFailed,
            ProblemKind.UnsupportedMediaType, ProblemKind.DiskFull, ProblemKind.TooManyTags,
            ProblemKind.RedriveNotAllowed, ProblemKind.DeadLetterQueueNotFound, ProblemKind.DeadLetterCycle,
            ProblemKind.AddressDenied, ProblemKind.OwnershipNotConfirmed,
            ProblemKind.RequestTooLarge, ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "PATCH", TopicRoutes.Subscription,
        static (http, host) => PatchQueue.Handle(http, host, SubscriptionFields.All, (name, changes, precondition) =>
            new SubscriptionChange(host, SubscriptionName.At(name), changes, replaces: false)
                .Apply(precondition, http.RequestAborted)),
        Description);
}
