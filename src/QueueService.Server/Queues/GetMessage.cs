using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class GetMessage
{
    private static readonly Operation Description = new(
        "getMessage", Tags.Messages, "Look at a message", "Never leases the message and never counts as a receive.")
    {
        Replies = [new(200, "The message.", Content.Json("BrowsedMessage", MessageJson.BrowsedExample))],
        Problems = [ProblemKind.QueueNotFound, ProblemKind.MessageNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", QueueRoutes.Message, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        MessageId id = Id(http, ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<ReceivedMessages> result = await host.Broker.FindMessage(queue, id);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        using ReceivedMessages messages = result.Value;
        await Answer(http, messages);
        await host.ReportDamage(messages);
    }

    /// <summary>The message that the path names. What is no id names no message.</summary>
    public static MessageId Id(HttpContext http, ref Problem? problem)
    {
        if (!MessageId.TryParse(http.PathValue("id"), out MessageId id))
            problem ??= new Problem(ProblemKind.MessageNotFound);
        return id;
    }

    private static Task Answer(HttpContext http, ReceivedMessages messages)
    {
        if (messages.Count == 0 || !messages.TryRead(0, out MessageView message))
            return BrokerError.MessageNotFound.Write(http);
        JsonOutput output = JsonOutput.Rent();
        MessageJson.WriteBrowsed(output, in message);
        return http.Answer(200, Answers.Json, output);
    }
}
