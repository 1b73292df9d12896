using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

internal static class GetStream
{
    private static readonly Operation Description = new(
        "getStream", Tags.Streams, "Read a stream",
        "Its settings and the counts of this moment. The ETag names the settings.")
    {
        Replies = [new(200, "The stream.", Content.Json("Stream", StreamJson.Example)) { Headers = ["ETag"] }],
        Problems = [StreamProblems.StreamNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", StreamRoutes.Stream, GetQueue.Handle, Description);
}
