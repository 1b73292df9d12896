using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class PutTopic
{
    private static readonly Operation Description = new(
        "putTopic", Tags.Topics, "Create or replace a topic",
        "Idempotent: the same request again answers 200. A field left out takes its default; no body is `{}`. " +
        "`type` and `durability` cannot change.")
    {
        Parameters = [Schemas.IfMatch, Schemas.IfNoneMatch],
        Request = [Content.Json("TopicSettings", """{"retentionSeconds":86400,"tags":{"team":"shop"}}""")],
        Replies =
        [
            new(200, "The topic existed; it now has these settings.", Content.Json("Topic", TopicJson.Example))
                { Headers = Schemas.DefinitionHeaders },
            new(201, "The topic was created.", Content.Json("Topic", TopicJson.Example))
                { Headers = [.. Schemas.DefinitionHeaders, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.ImmutableField, ProblemKind.PreconditionFailed,
            ProblemKind.UnsupportedMediaType, ProblemKind.TooManyQueues, ProblemKind.DiskFull,
            ProblemKind.DeduplicationNotSupported, ProblemKind.RequestTooLarge, ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "PUT", TopicRoutes.Topic, static (http, host) => PutQueue.Handle(http, host, TopicFields.All), Description);
}
