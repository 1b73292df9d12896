using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using QueueService.Server.Topics;

namespace QueueService.Server.Streams.QueueViews;

internal static class ListQueueViews
{
    private static readonly Operation Description = new(
        "listQueueViews", Tags.QueueViews, "List the queue views of a stream",
        "In the order of their names. Follow `nextCursor` for more.")
    {
        Parameters = Listing.Parameters,
        Replies =
        [
            new(200, "A page of views.",
                Content.Json("QueueViewPage", $$"""{"items":[{{QueueViewJson.Example}}]}""")) { Headers = ["Link"] },
        ],
        Problems = [StreamProblems.StreamNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", QueueViewRoutes.Views, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        StreamName stream = http.Stream(ref problem);
        Listing listing = Listing.Read(http, ref problem);
        await (problem?.Write(http) ?? ListSubscriptions.Answer(http, host, stream.Log, listing));
    }
}
