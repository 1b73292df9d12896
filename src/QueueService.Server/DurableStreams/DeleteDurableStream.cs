using QueueService.Broker;
using QueueService.Broker.DurableStreams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.DurableStreams;

internal static class DeleteDurableStream
{
    public static readonly Operation Description = new(
        "deleteDurableStream", Tags.DurableStreams, "Delete a durable stream",
        "Its forks keep what they began with; until the last of them is gone, the path answers 410 and is not free.")
    {
        Replies = [new(204, "It is gone.") { Headers = [Answers.DurabilityHeader] }],
        Problems = [DurableStreamProblems.NotFound, DurableStreamProblems.Gone],
    };

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        DurableStreamName name = http.DurableStream(ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        BrokerError error = await host.Broker.DeleteDurableStream(name);
        if (error != BrokerError.None)
        {
            await error.Write(http);
            return;
        }

        DurableStreamHeaders.Promise(http);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
