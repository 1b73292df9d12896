using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class BrowseTopic
{
    private static readonly string[] Parameters = ["since", "limit", "cursor"];

    private static readonly Operation Description = new(
        "browseTopic", Tags.Topics, "Look at what a topic keeps",
        "All messages whose retention has not ended, whatever became of them in subscriptions. In the order of " +
        "publishing; where there are groups, lane by lane, each in the order of publishing. Changes nothing.")
    {
        Parameters =
        [
            new("since", "Instant", "Only messages published at or after this instant.", "2026-11-21T10:00:00Z"),
            Schemas.Limit, Schemas.Cursor,
        ],
        Replies =
        [
            new(200, "A page of messages.",
                Content.Json("TopicMessagePage",
                    $$"""{"items":[{{MessageJson.EventExample}}]}""")) { Headers = ["Link"] },
        ],
        Problems = [ProblemKind.TopicNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TopicRoutes.Messages, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        TopicName topic = http.Topic(ref problem);
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        BrowseRequest request = BrowseMessages.Select(state: null, query[0], ref problem) with
        {
            From = Pages.ReadMessage(query[2], ref problem),
            Limit = Pages.ReadLimit(query[1], ref problem),
        };
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<ReceivedMessages> result = await host.Broker.Browse(topic.Address, request);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        using ReceivedMessages messages = result.Value;
        await BrowseMessages.Answer(http, messages, MessageJson.WriteReceived);
        await host.ReportDamage(messages);
    }
}
