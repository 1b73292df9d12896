using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class GetTopic
{
    private static readonly Operation Description = new(
        "getTopic", Tags.Topics, "Read a topic",
        "Its settings and the counts of this moment. The ETag names the settings.")
    {
        Replies = [new(200, "The topic.", Content.Json("Topic", TopicJson.Example)) { Headers = ["ETag"] }],
        Problems = [ProblemKind.TopicNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TopicRoutes.Topic, GetQueue.Handle, Description);
}
