using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class PatchTopic
{
    private const string Example = """{"retentionSeconds":3600,"tags":{"team":null}}""";

    private static readonly Operation Description = new(
        "patchTopic", Tags.Topics, "Change some settings of a topic",
        "JSON merge patch (RFC 7396): fields left out stay as they are, `null` resets a field to its default; of " +
        "`tags`, keys left out stay, and `null` takes a key away.")
    {
        Parameters = [Schemas.IfMatch],
        Request = [new(PatchQueue.MergePatch, "TopicPatch", Example), Content.Json("TopicPatch", Example)],
        RequestRequired = true,
        Replies =
        [
            new(200, "The topic as it is now.", Content.Json("Topic", TopicJson.Example))
                { Headers = Schemas.DefinitionHeaders },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.TopicNotFound, ProblemKind.ImmutableField,
            ProblemKind.PreconditionFailed, ProblemKind.UnsupportedMediaType, ProblemKind.DiskFull,
            ProblemKind.DeduplicationNotSupported, ProblemKind.TooManyTags, ProblemKind.RequestTooLarge,
            ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "PATCH", TopicRoutes.Topic, static (http, host) => PatchQueue.Handle(http, host, TopicFields.All), Description);
}
