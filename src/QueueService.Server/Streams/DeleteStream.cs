using QueueService.Broker.Streams;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

internal static class DeleteStream
{
    private static readonly Operation Description = new(
        "deleteStream", Tags.Streams, "Delete a stream", "Deletes the stream, its records and what reads it.")
    {
        Parameters = [Schemas.IfMatch],
        Replies = [new(204, "The stream is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [StreamProblems.StreamNotFound, ProblemKind.PreconditionFailed],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "DELETE", StreamRoutes.Stream, static (http, host) => DeleteQueue.Handle(
            http, (address, precondition) => host.Broker.DeleteStream(StreamName.At(address), precondition)),
        Description);
}
