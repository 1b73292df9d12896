using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams.QueueViews;

internal static class PatchQueueView
{
    private const string Example = """{"visibilityTimeoutSeconds":120,"tags":{"team":null}}""";

    private static readonly Operation Description = new(
        "patchQueueView", Tags.QueueViews, "Change some settings of a queue view",
        "JSON merge patch (RFC 7396): fields left out stay as they are, `null` resets a field to its default. " +
        "`redrivePolicy` is replaced as a whole; of `tags`, keys left out stay, and `null` takes a key away.")
    {
        Parameters = [Schemas.IfMatch],
        Request = [new(PatchQueue.MergePatch, "QueueViewPatch", Example), Content.Json("QueueViewPatch", Example)],
        RequestRequired = true,
        Replies =
        [
            new(200, "The view as it is now.", Content.Json("QueueView", QueueViewJson.Example))
                { Headers = Schemas.DefinitionHeaders },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, StreamProblems.StreamNotFound, QueueViewProblems.NotFound,
            ProblemKind.ImmutableField, ProblemKind.PreconditionFailed, ProblemKind.UnsupportedMediaType,
            ProblemKind.DiskFull, ProblemKind.TooManyTags, ProblemKind.RedriveNotAllowed,
            ProblemKind.DeadLetterQueueNotFound, ProblemKind.DeadLetterCycle, ProblemKind.RequestTooLarge,
            ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "PATCH", QueueViewRoutes.View,
        static (http, host) => PatchQueue.Handle(http, host, QueueViewFields.All, async (name, changes, precondition) =>
            (await host.Broker.PatchSubscription(SubscriptionName.At(name), changes.Apply, precondition), null)),
        Description);
}
