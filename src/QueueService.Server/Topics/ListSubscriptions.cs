using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class ListSubscriptions
{
    private static readonly Operation Description = new(
        "listSubscriptions", Tags.Subscriptions, "List the subscriptions of a topic",
        "In the order of their names. Follow `nextCursor` for more.")
    {
        Parameters = Listing.Parameters,
        Replies =
        [
            new(200, "A page of subscriptions.",
                Content.Json("SubscriptionPage",
                    $$"""{"items":[{{SubscriptionJson.Example}}]}""")) { Headers = ["Link"] },
        ],
        Problems = [ProblemKind.TopicNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TopicRoutes.Subscriptions, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        TopicName topic = http.Topic(ref problem);
        Listing listing = Listing.Read(http, ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        await Answer(http, host, topic, listing);
    }

    /// <summary>Also for the queue views of a stream.</summary>
    public static async Task Answer(HttpContext http, BrokerHost host, TopicName topic, Listing listing)
    {
        Result<QueueDescription> exists = await host.Broker.GetQueue(topic.Address);
        Result<QueuePage> result = exists.Succeeded
            ? await host.Broker.ListSubscriptions(topic, listing.Prefix, listing.After, listing.Limit, listing.Tags)
            : exists.Error;
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        string? next = result.Value.Next is null ? null : SubscriptionName.At(result.Value.Queues[^1].Name).Value;
        await DefinitionJson.Answer(http, result.Value, next);
    }
}
