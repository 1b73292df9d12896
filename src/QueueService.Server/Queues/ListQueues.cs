using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class ListQueues
{
    public static readonly Operation Description = new(
        "listQueues", Tags.Queues, "List queues", "In the order of their names. Follow `nextCursor` for more.")
    {
        Parameters = Listing.Parameters,
        Replies =
        [
            new(200, "A page of queues.", Content.Json("QueuePage", $$"""{"items":[{{QueueJson.Example}}]}"""))
                { Headers = ["Link"] },
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", QueueRoutes.Queues, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        Listing listing = Listing.Read(http, ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<QueuePage> result =
            await host.Broker.ListQueues(listing.Prefix, listing.After, listing.Limit, listing.Tags);
        await (result.Succeeded
            ? DefinitionJson.Answer(http, result.Value, result.Value.Next)
            : result.Error.Write(http));
    }
}
