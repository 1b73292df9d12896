using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

internal static class ListStreams
{
    private static readonly Operation Description = new(
        "listStreams", Tags.Streams, "List streams", "In a stable order. Follow `nextCursor` for more.")
    {
        Parameters = Listing.Parameters,
        Replies =
        [
            new(200, "A page of streams.", Content.Json("StreamPage", $$"""{"items":[{{StreamJson.Example}}]}"""))
                { Headers = ["Link"] },
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", StreamRoutes.Streams, Handle, Description);

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
            await host.Broker.ListStreams(listing.Prefix, listing.After, listing.Limit, listing.Tags);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        string? next = result.Value.Next is null ? null : StreamName.At(result.Value.Queues[^1].Name).Value;
        await DefinitionJson.Answer(http, result.Value, next);
    }
}
