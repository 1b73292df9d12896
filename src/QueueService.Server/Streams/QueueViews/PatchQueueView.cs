using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams.QueueViews;

internal static class PatchQueueView
{
    private const string Example = """{"visibilityTimeoutSeconds":120,"tags":{"team":null}}""";

    private static readonly Operation Description = new(
        "patchQueueView", Tags.QueueViews, "Change some settings of a queue view",
        "JSON merge patch (RFC 7396): fields left out stay as they are, `null` resets a field to its default. " +
        "`redrivePolicy` is replaced as a whole; of `tags`, keys left out stay, and `null` takes a key away.")
    {
        Parameters = [Schemas.IfMatch],
        Request = [new(PatchQueue.MergePatch, "QueueViewPatch", Example), Content.Json("QueueViewPatch", Example)],
        RequestRequired = true,
        Replies =
        [
            new(200, "The view as it is now.", Content.Json("QueueView", QueueViewJson.Example))
                { Headers = Schemas.DefinitionHeaders },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.StreamNotFound, QueueViewProblems.NotFound,
            ProblemKind.ImmutableField, ProblemKind.PreconditionFailed, ProblemKind.UnsupportedMediaType,
            ProblemKind.DiskFull, ProblemKind.TooManyTags, ProblemKind.RedriveNotAllowed,
            ProblemKind.DeadLetterQueueNotFound, ProblemKind.DeadLetterCycle, ProblemKind.RequestTooLarge,
            ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("PATCH", QueueViewRoutes.View, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.QueueView(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        if (precondition.MustNotExist)
            Problem.Blame(ref problem, "If-None-Match", "cannot hold: a patch changes what exists.");
        QueueChanges changes = new(QueueViewFields.All);
        problem ??= await PutQueue.ReadChanges(http, host, changes, PatchQueue.MergePatch);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<QueueChange> result = await host.Broker.PatchSubscription(name, changes.Apply, precondition);
        await PutQueue.Answer(http, host, name.Address, changes, result, replaces: false);
    }
}
