using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class DeleteTopic
{
    private static readonly Operation Description = new(
        "deleteTopic", Tags.Topics, "Delete a topic", "Deletes the topic, its messages and its subscriptions.")
    {
        Parameters = [Schemas.IfMatch],
        Replies = [new(204, "The topic is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [ProblemKind.TopicNotFound, ProblemKind.PreconditionFailed],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "DELETE", TopicRoutes.Topic, static (http, host) => DeleteQueue.Handle(
            http,
            (address, precondition) => host.Broker.DeleteTopic(TopicName.At(address), precondition)), Description);
}
