using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class AcknowledgeMessage
{
    public static readonly Operation Description = new(
        "acknowledgeMessage", Tags.Receipts, "Acknowledge a message",
        "The message is processed and gone. 410 says that the lease had ended before: the message may be " +
        "delivered again.")
    {
        Replies = [new(204, "The message is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [ProblemKind.QueueNotFound, ProblemKind.ReceiptInvalid, ProblemKind.ReceiptExpired],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("DELETE", QueueRoutes.Receipt, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        if (problem is not null) await problem.Write(http);
        else if (await ReceiptEndpoint.Settle(http, host, queue, Settlement.Acknowledge, 0) is not null)
            http.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
