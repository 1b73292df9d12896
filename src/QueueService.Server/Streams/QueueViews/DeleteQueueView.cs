using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams.QueueViews;

internal static class DeleteQueueView
{
    private static readonly Operation Description = new(
        "deleteQueueView", Tags.QueueViews, "Delete a queue view",
        "The records stay in the stream; receipts of the view are worth nothing any more.")
    {
        Parameters = [Schemas.IfMatch],
        Replies = [new(204, "The view is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [QueueViewProblems.NotFound, ProblemKind.PreconditionFailed],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "DELETE", QueueViewRoutes.View,
        static (http, host) => DeleteQueue.Handle(http, host.Broker.DeleteQueue), Description);
}
