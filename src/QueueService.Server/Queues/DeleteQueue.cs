using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class DeleteQueue
{
    public static readonly Operation Description = new(
        "deleteQueue", Tags.Queues, "Delete a queue", "Deletes the queue and all its messages.")
    {
        Parameters = [Schemas.IfMatch],
        Replies = [new(204, "The queue is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [ProblemKind.QueueNotFound, ProblemKind.PreconditionFailed],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation(
            "DELETE", QueueRoutes.Queue, static (http, host) => Handle(http, host.Broker.DeleteQueue), Description);

    /// <summary>Also for topics and subscriptions.</summary>
    public static Task Handle(HttpContext http, Func<QueueName, Precondition, ValueTask<BrokerError>> delete) =>
        Handle(http, static (HttpContext http, ref Problem? problem) => http.Queue(ref problem), delete);

    /// <summary>For everything that has a name in the path and an ETag.</summary>
    public static async Task Handle<TName>(
        HttpContext http, NameReader<TName> read, Func<TName, Precondition, ValueTask<BrokerError>> delete)
    {
        Problem? problem = null;
        TName name = read(http, ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        if (precondition.MustNotExist)
            Problem.Blame(ref problem, "If-None-Match", "cannot hold: only what exists can be deleted.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        BrokerError error = await delete(name, precondition);
        if (error == BrokerError.None) http.Promise(Durability.Fsync);
        await (error == BrokerError.None ? http.Answer(204) : error.Write(http));
    }
}

/// <summary>Reads what the path names, or blames it.</summary>
internal delegate TName NameReader<out TName>(HttpContext http, ref Problem? problem);
