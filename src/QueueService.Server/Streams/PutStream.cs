using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

internal static class PutStream
{
    private static readonly Operation Description = new(
        "putStream", Tags.Streams, "Create or replace a stream",
        "Idempotent: the same request again answers 200. A field left out takes its default; no body is `{}`. " +
        "`durability` cannot change, and `partitions` can only grow.")
    {
        Parameters = [Schemas.IfMatch, Schemas.IfNoneMatch],
        Request = [Content.Json("StreamSettings", """{"partitions":8,"retentionSeconds":86400}""")],
        Replies =
        [
            new(200, "The stream existed; it now has these settings.", Content.Json("Stream", StreamJson.Example))
                { Headers = Schemas.DefinitionHeaders },
            new(201, "The stream was created.", Content.Json("Stream", StreamJson.Example))
                { Headers = [.. Schemas.DefinitionHeaders, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.ImmutableField, ProblemKind.PreconditionFailed,
            StreamProblems.TierNotConfigured, StreamProblems.TierNotForCompaction, StreamProblems.TierInUse,
            StreamProblems.RetentionNotSupported,
            ProblemKind.UnsupportedMediaType, ProblemKind.TooManyQueues, ProblemKind.DiskFull,
            ProblemKind.RequestTooLarge, ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "PUT", StreamRoutes.Stream, static (http, host) => PutQueue.Handle(http, host, StreamFields.All), Description);
}
