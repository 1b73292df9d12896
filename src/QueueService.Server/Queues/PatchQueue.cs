using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class PatchQueue
{
    public const string MergePatch = "application/merge-patch+json";

    private const string Example = """{"visibilityTimeoutSeconds":120,"delaySeconds":null}""";

    public static readonly Operation Description = new(
        "patchQueue", Tags.Queues, "Change some settings of a queue",
        "JSON merge patch (RFC 7396): fields left out stay as they are, `null` resets a field to its default. " +
        "`redrivePolicy` and `redriveAllowPolicy` are replaced as a whole; of `tags`, keys left out stay, and `null` " +
        "takes a key away.")
    {
        Parameters = [Schemas.IfMatch],
        Request = [new(MergePatch, "QueuePatch", Example), Content.Json("QueuePatch", Example)],
        RequestRequired = true,
        Replies =
        [
            new(200, "The queue as it is now.", Content.Json("Queue", QueueJson.Example))
                { Headers = Schemas.DefinitionHeaders },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.QueueNotFound, ProblemKind.ImmutableField,
            ProblemKind.PreconditionFailed, ProblemKind.UnsupportedMediaType, ProblemKind.DiskFull,
            ProblemKind.TooManyTags, ProblemKind.RequestTooLarge, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.RedriveNotAllowed, ProblemKind.DeadLetterQueueNotFound, ProblemKind.DeadLetterCycle,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation(
            "PATCH", QueueRoutes.Queue, (http, host) => Handle(http, host, QueueFields.OfQueue), Description);

    /// <summary>Also for topics and streams.</summary>
    public static Task Handle(HttpContext http, BrokerHost host, DefinitionFields fields) =>
        Handle(http, host, fields, async (name, changes, precondition) =>
            (await host.Broker.PatchQueue(name, changes.Apply, precondition), null));

    /// <summary>Also for subscriptions and queue views.</summary>
    /// <param name="patch">Makes the change, or says why not.</param>
    public static async Task Handle(
        HttpContext http, BrokerHost host, DefinitionFields fields,
        Func<QueueName, QueueChanges, Precondition, ValueTask<(Result<QueueChange> Result, Problem? Problem)>> patch)
    {
        Problem? problem = null;
        QueueName name = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        if (precondition.MustNotExist)
            Problem.Blame(ref problem, "If-None-Match", "cannot hold: a patch changes what exists.");
        QueueChanges changes = new(fields);
        problem ??= await PutQueue.ReadChanges(http, host, changes, MergePatch);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        (Result<QueueChange> result, problem) = await patch(name, changes, precondition);
        await (problem?.Write(http) ?? PutQueue.Answer(http, host, name, changes, result, replaces: false));
    }
}
