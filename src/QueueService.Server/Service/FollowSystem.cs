using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Service;

internal static class FollowSystem
{
    private const string Example = """
        event: alarm
        id: 19aa3c5d2f0-7
        data: {"queue":"jobs","alarm":"backlog","metric":"bytes","state":"ok","value":1,"at":"2026-11-21T10:00:00.000Z"}

        """;

    private static readonly string[] Parameters = ["lastEventId"];

    private static readonly Operation Description = new(
        "followSystem", Tags.Service, "Follow what happens in the service",
        "Server-sent events, each with JSON as its data: `alarm` (queue, alarm, metric, state, value, at) when an " +
        "alarm is raised or cleared, `queueCreated`, `queueChanged` and `queueDeleted` (queue, at), the same of a " +
        "topic (topic, at) and of a subscription (topic, subscription, at), and every 5 s " +
        "`stats`, the sums over all queues and topics. `gap`: events are missing here (the reader was too slow, away " +
        "for too long, or the server was restarted); read again what is shown. `drain`: the server stops; connect " +
        "again. A reader that takes nothing for 10 s is disconnected. A comment comes every 15 s.")
    {
        Parameters =
        [
            new("Last-Event-ID", "String", "Go on after this event, while the server still has it.", "19aa3c5d2f0-7",
                ParameterPlace.Header),
            new("lastEventId", "String", "The same in the query; the header wins.", "19aa3c5d2f0-7"),
        ],
        Replies =
        [
            new(200, "Events until one of the two ends it.",
                new Content(ServerSentEvents.ContentType, "String", Example)),
        ],
        Problems = [ProblemKind.TooManyReaders],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", "/v1/system/sse", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        if (problem is null && host.Feed.IsDraining) problem = new Problem(ProblemKind.ShuttingDown);
        if (problem is null && !host.Feed.TryEnter()) problem = Full(host);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        string? lastEventId = http.Request.Headers["Last-Event-ID"];
        try
        {
            await Follow(http, host, host.Feed.Join(lastEventId ?? query[0]?.ToString()));
        }
        finally
        {
            host.Feed.Leave();
        }
    }

    private static async Task Follow(HttpContext http, BrokerHost host, FeedReader reader)
    {
        LiveResponse response = new(http, host.Live);
        await response.Begin(ServerSentEvents.ContentType);
        JsonOutput output = JsonOutput.Rent();
        output.Retry(SystemEvents.RetryMilliseconds);
        try
        {
            while (true)
            {
                host.Feed.Take(reader, output);
                if (output.Length > 0 && !await response.Write(output)) return;
                if (reader.HasEnded) return;
                await reader.News.Task.WaitAsync(http.RequestAborted);
            }
        }
        finally
        {
            output.Return();
        }
    }

    private static Problem Full(BrokerHost host) => new(
        ProblemKind.TooManyReaders,
        $"The limit of {host.Options.Limits.MaxSystemReaders} readers is reached. {ProblemKind.TooManyReaders.Remedy}");
}
