using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class DeleteMessage
{
    private static readonly Operation Description = new(
        "deleteMessage", Tags.Messages, "Delete a message by its id",
        "For operators: a consumer acknowledges with its receipt handle. A leased message is not deleted.")
    {
        Replies = [new(204, "The message is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [ProblemKind.QueueNotFound, ProblemKind.MessageNotFound, ProblemKind.MessageLeased],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("DELETE", QueueRoutes.Message, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueueName queue = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        MessageId id = GetMessage.Id(http, ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        // The durability of a queue never changes, so it may be read before.
        Result<QueueDescription> description = await host.Broker.GetQueue(queue);
        BrokerError error = description.Succeeded ? await host.Broker.DeleteMessage(queue, id) : description.Error;
        if (error == BrokerError.None) http.Promise(description.Value.Config.Durability);
        await (error == BrokerError.None ? http.Answer(204) : error.Write(http));
    }
}
