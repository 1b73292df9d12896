using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams.QueueViews;

internal static class GetQueueView
{
    private static readonly Operation Description = new(
        "getQueueView", Tags.QueueViews, "Read a queue view",
        "Its settings and the counts of this moment. The ETag names the settings. `expiredTotal` counts the records " +
        "that the stream did not keep until they were acknowledged.")
    {
        Replies = [new(200, "The view.", Content.Json("QueueView", QueueViewJson.Example)) { Headers = ["ETag"] }],
        Problems = [QueueViewProblems.NotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", QueueViewRoutes.View, GetQueue.Handle, Description);
}
