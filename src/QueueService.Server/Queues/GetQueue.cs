using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class GetQueue
{
    public static readonly Operation Description = new(
        "getQueue", Tags.Queues, "Read a queue",
        "Its settings and the counts of this moment. The ETag names the settings.")
    {
        Replies =
        [
            new(200, "The queue.", Content.Json("Queue", QueueJson.Example)) { Headers = ["ETag"] },
        ],
        Problems = [ProblemKind.QueueNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", QueueRoutes.Queue, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName name = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<QueueDescription> result = await host.Broker.GetQueue(name);
        await (result.Succeeded ? DefinitionJson.Answer(http, 200, result.Value) : result.Error.Write(http));
    }
}
