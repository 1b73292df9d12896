using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

internal static class PatchStream
{
    private const string Example = """{"partitions":16,"tags":{"team":null}}""";

    private static readonly Operation Description = new(
        "patchStream", Tags.Streams, "Change some settings of a stream",
        "JSON merge patch (RFC 7396): fields left out stay as they are, `null` resets a field to its default; of " +
        "`tags`, keys left out stay, and `null` takes a key away. More `partitions`: keys may go elsewhere from then " +
        "on.")
    {
        Parameters = [Schemas.IfMatch],
        Request = [new(PatchQueue.MergePatch, "StreamPatch", Example), Content.Json("StreamPatch", Example)],
        RequestRequired = true,
        Replies =
        [
            new(200, "The stream as it is now.", Content.Json("Stream", StreamJson.Example))
                { Headers = Schemas.DefinitionHeaders },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, StreamProblems.StreamNotFound, ProblemKind.ImmutableField,
            StreamProblems.TierNotConfigured, StreamProblems.TierNotForCompaction, StreamProblems.TierInUse,
            ProblemKind.PreconditionFailed, StreamProblems.RetentionNotSupported,
            ProblemKind.UnsupportedMediaType, ProblemKind.DiskFull,
            ProblemKind.TooManyTags, ProblemKind.RequestTooLarge, ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "PATCH", StreamRoutes.Stream, static (http, host) => PatchQueue.Handle(http, host, StreamFields.All),
        Description);
}
