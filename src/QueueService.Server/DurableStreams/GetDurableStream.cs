using QueueService.Broker;
using QueueService.Broker.DurableStreams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.DurableStreams;

internal static class GetDurableStream
{
    public static readonly Operation Description = new(
        "getDurableStream", Tags.DurableStreams, "Look at a durable stream",
        "Its content type, end and life, without its content. Does not count as a read for `Stream-TTL`.")
    {
        Replies =
        [
            new(200, "It exists.")
            {
                Headers = [.. DurableStreamHeaders.OfStream, DurableStreamHeaders.Ttl, DurableStreamHeaders.ExpiresAt],
            },
        ],
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

        Result<DurableStreamState> result = await host.Broker.GetDurableStream(name);
        if (result.Succeeded) Answer(http, result.Value);
        else await result.Error.Write(http);
    }

    private static void Answer(HttpContext http, DurableStreamState stream)
    {
        IHeaderDictionary headers = http.Response.Headers;
        http.Response.ContentType = stream.Config.ContentType;
        headers.CacheControl = "no-store";
        DurableStreamHeaders.Tell(http, stream.End, stream.IsClosed);
        if (stream.Config.TtlSeconds is { } ttl) headers[DurableStreamHeaders.Ttl] = ttl.ToString();
        if (stream.Config.ExpiresAt is { } at) headers[DurableStreamHeaders.ExpiresAt] = Rfc3339.Format(at);
    }
}
