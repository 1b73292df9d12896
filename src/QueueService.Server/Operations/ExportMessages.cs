using System.IO.Pipelines;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using Operation = QueueService.Server.OpenApi.Operation;

namespace QueueService.Server.Operations;

/// <summary>A queue as NDJSON, streamed page by page: there is nothing to keep on the server, and a slow reader costs
/// one page.</summary>
internal static class ExportMessages
{
    /// <summary>Messages that are held for a reader at a time.</summary>
    private const int PageMessages = 100;

    private static readonly string[] Parameters = ["state", "since"];

    private static readonly Operation Description = new(
        "exportMessages", Tags.Messages, "Export messages",
        "As NDJSON, one message as in browsing a line, in the same order. Never leases a message and never counts " +
        "as a receive. At most as many messages as the queue holds when it starts. An export that cannot be finished " +
        "breaks the connection, so that it is not taken for a whole one.")
    {
        Parameters =
        [
            new("state", "MessageState", "Only messages in this state.", "available"),
            new("since", "Instant", "Only messages sent at or after this instant.", "2026-11-21T10:00:00Z"),
        ],
        Replies = [new(200, "The messages.", new Content(ContentTypes.Lines, "Lines", MessageJson.BrowsedExample))],
        Problems = [ProblemKind.QueueNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", QueueRoutes.Queue + "/export", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        BrowseRequest request = BrowseMessages.Select(query[0], query[1], ref problem) with { Limit = PageMessages };
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<QueueDescription> description = await host.Broker.GetQueue(queue);
        if (!description.Succeeded)
        {
            await description.Error.Write(http);
            return;
        }

        http.Response.ContentType = ContentTypes.Lines;
        await Stream(http, host, (queue, request), Count(description.Value.Stats));
    }

    private static long Count(QueueStats stats) => stats.Available + stats.Leased + stats.Delayed + stats.Blocked;

    private static async Task Stream(
        HttpContext http, BrokerHost host, (QueueName Queue, BrowseRequest Request) from, long messages)
    {
        BrowseRequest request = from.Request;
        for (bool more = true; more && messages > 0;)
        {
            Result<ReceivedMessages> result = await host.Broker.Browse(from.Queue, request);
            if (!result.Succeeded)
            {
                http.Abort();
                return;
            }

            using ReceivedMessages page = result.Value;
            messages -= await Write(http, page, messages);
            await host.ReportDamage(page);
            more = page.Next is not null;
            request = request with { From = page.Next ?? 0, Since = null };
        }
    }

    /// <summary>Answers how many messages were written.</summary>
    private static async ValueTask<long> Write(HttpContext http, ReceivedMessages page, long most)
    {
        JsonOutput output = JsonOutput.Rent();
        long written = 0;
        for (int i = 0; i < page.Count && written < most; i++)
        {
            if (!TryWrite(output, page, i)) continue;
            written++;
            if (output.Length < Limits.ResponseChunk) continue;
            await http.Response.BodyWriter.WriteAsync(output.Written, http.RequestAborted);
            output.Clear();
        }

        await http.Response.BodyWriter.WriteAsync(output.Written, http.RequestAborted);
        output.Return();
        return written;
    }

    private static bool TryWrite(JsonOutput output, ReceivedMessages page, int index)
    {
        if (!page.TryRead(index, out MessageView message)) return false;
        MessageJson.WriteBrowsed(output, in message);
        output.Raw("\n"u8);
        return true;
    }
}
