using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using QueueService.Server.Topics;

namespace QueueService.Server.Streams.QueueViews;

internal static class PutQueueView
{
    private static readonly Operation Description = new(
        "putQueueView", Tags.QueueViews, "Create or replace a queue view",
        "The records of a stream as a queue: each is received and acknowledged by itself, by any number of " +
        "consumers, and stays in the stream. Nothing is copied. Idempotent: the same request again answers 200. A " +
        "field left out takes its default; no body is `{}`. `from` cannot change: seek instead.")
    {
        Parameters = [Schemas.IfMatch, Schemas.IfNoneMatch],
        Request = [Content.Json("QueueViewSettings", """{"from":"earliest","visibilityTimeoutSeconds":60}""")],
        Replies =
        [
            new(200, "The view existed; it now has these settings.", Content.Json("QueueView", QueueViewJson.Example))
                { Headers = Schemas.DefinitionHeaders },
            new(201, "The view was created.", Content.Json("QueueView", QueueViewJson.Example))
                { Headers = [.. Schemas.DefinitionHeaders, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, StreamProblems.StreamNotFound, ProblemKind.ImmutableField,
            ProblemKind.PreconditionFailed, ProblemKind.UnsupportedMediaType, ProblemKind.TooManyQueues,
            ProblemKind.DiskFull, ProblemKind.RedriveNotAllowed, ProblemKind.DeadLetterQueueNotFound,
            ProblemKind.DeadLetterCycle, ProblemKind.RequestTooLarge, ProblemKind.UnsupportedContentEncoding,
            StreamProblems.TierUnavailable,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("PUT", QueueViewRoutes.View, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.QueueView(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        QueueChanges changes = new(QueueViewFields.All);
        problem ??= await PutQueue.ReadChanges(http, host, changes);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        QueueConfig config = changes.Create();
        SubscriptionRequest request = new(name, config, precondition) { From = SubscriptionFields.StartOf(config) };
        Result<QueueChange> result = await host.Broker.PutSubscription(request);
        await PutQueue.Answer(http, host, name.Address, changes, result, replaces: true);
    }
}
