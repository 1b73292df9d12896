using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class BrowseMessages
{
    private static readonly string[] Parameters = ["state", "since", "limit", "cursor"];

    public static readonly Operation Description = new(
        "browseMessages", Tags.Messages, "Look at messages",
        "In the order of sending; in a queue with groups or priorities, lane by lane, each in the order of " +
        "sending. Never leases a message and never counts as a receive.")
    {
        Parameters =
        [
            new("state", "MessageState", "Only messages in this state.", "available"),
            new("since", "Instant", "Only messages sent at or after this instant.", "2026-11-21T10:00:00Z"),
            Schemas.Limit, Schemas.Cursor,
        ],
        Replies =
        [
            new(200, "A page of messages.",
                Content.Json("MessagePage", $$"""{"items":[{{MessageJson.BrowsedExample}}]}""")) { Headers = ["Link"] },
        ],
        Problems = [ProblemKind.QueueNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", QueueRoutes.Messages, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        BrowseRequest request = ReadQuery(http, ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<ReceivedMessages> result = await host.Broker.Browse(queue, request);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        using ReceivedMessages messages = result.Value;
        await Answer(http, messages, MessageJson.WriteBrowsed);
        await host.ReportDamage(messages);
    }

    private static BrowseRequest ReadQuery(HttpContext http, ref Problem? problem)
    {
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        return Select(query[0], query[1], ref problem) with
        {
            From = Pages.ReadMessage(query[3], ref problem),
            Limit = Pages.ReadLimit(query[2], ref problem),
        };
    }

    /// <summary>Which messages are asked for; their number is left open.</summary>
    public static BrowseRequest Select(
        ReadOnlyMemory<char>? state, ReadOnlyMemory<char>? since, ref Problem? problem)
    {
        long at = 0;
        if (since is { } instant && !Rfc3339.TryParse(instant.Span, out at))
            Problem.Blame(ref problem, "?since", "must be an RFC 3339 instant like 2026-11-21T10:00:00Z.");
        int index = RequestQuery.Choice(state, "state", MessageJson.States, ref problem);
        return new BrowseRequest
        {
            Limit = 0,
            State = state is null ? null : (MessageState)index,
            Since = since is null ? null : at,
        };
    }

    /// <summary>Answers a page.</summary>
    /// <param name="write">Writes one of its messages.</param>
    public static Task Answer(HttpContext http, ReceivedMessages messages, MessageWriter write)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        long? next = messages.Next;
        bool first = true;
        for (int i = 0; i < messages.Count; i++)
        {
            if (!messages.TryRead(i, out MessageView message)) continue;
            if (output.Length > Limits.PageBytes)
            {
                // Large bodies end a page early: it is buffered as a whole, so that its cursor is exact.
                next = message.SequenceNumber;
                break;
            }

            if (!first) output.Raw(","u8);
            write(output, in message);
            first = false;
        }

        Pages.Close(http, output, next is null ? null : Pages.FromMessage(next.Value));
        return http.Answer(200, Answers.Json, output);
    }
}

internal delegate void MessageWriter(JsonOutput output, in MessageView message);
