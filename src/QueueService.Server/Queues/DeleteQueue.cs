using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class DeleteQueue
{
    private static readonly Operation Description = new(
        "deleteQueue", Tags.Queues, "Delete a queue", "Deletes the queue and all its messages.")
    {
        Parameters = [Schemas.IfMatch],
        Replies = [new(204, "The queue is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [ProblemKind.QueueNotFound, ProblemKind.PreconditionFailed],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("DELETE", QueueRoutes.Queue, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName name = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        if (precondition.MustNotExist)
            Problem.Blame(ref problem, "If-None-Match", "cannot hold: only a queue that exists can be deleted.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        BrokerError error = await host.Broker.DeleteQueue(name, precondition);
        if (error == BrokerError.None) http.Promise(Durability.Fsync);
        await (error == BrokerError.None ? http.Answer(204) : error.Write(http));
    }
}
