using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class PurgeQueue
{
    private static readonly Operation Description = new(
        "purgeQueue", Tags.Queues, "Delete all messages",
        "All messages are gone in one commit, leased ones too; receipts of before answer 410 afterwards.")
    {
        Replies = [new(204, "The queue is empty.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [ProblemKind.QueueNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", QueueRoutes.Queue + "/purge", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        problem ??= await RequestBody.Refuse(http, host.Bodies, "Purge takes no body.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        // The durability of a queue never changes, so it may be read before.
        Result<QueueDescription> description = await host.Broker.GetQueue(queue);
        BrokerError error = description.Succeeded ? await host.Broker.Purge(queue) : description.Error;
        if (error == BrokerError.None) http.Promise(description.Value.Config.Durability);
        await (error == BrokerError.None ? http.Answer(204) : error.Write(http));
    }
}
