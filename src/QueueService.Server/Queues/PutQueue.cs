using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

internal static class PutQueue
{
    public static readonly Operation Description = new(
        "putQueue", Tags.Queues, "Create or replace a queue",
        "Idempotent: the same request again answers 200. A field left out takes its default; no body is `{}`. " +
        "`type` and `durability` cannot change.")
    {
        Parameters = [Schemas.IfMatch, Schemas.IfNoneMatch],
        Request = [Content.Json("QueueSettings", """{"visibilityTimeoutSeconds":60,"durability":"fsync"}""")],
        Replies =
        [
            new(200, "The queue existed; it now has these settings.", Content.Json("Queue", QueueJson.Example))
                { Headers = Schemas.DefinitionHeaders },
            new(201, "The queue was created.", Content.Json("Queue", QueueJson.Example))
                { Headers = [.. Schemas.DefinitionHeaders, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.ImmutableField, ProblemKind.PreconditionFailed,
            ProblemKind.UnsupportedMediaType, ProblemKind.TooManyQueues, ProblemKind.DiskFull,
            ProblemKind.RedriveNotAllowed, ProblemKind.DeadLetterQueueNotFound, ProblemKind.DeadLetterCycle,
            ProblemKind.RequestTooLarge, ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation(
            "PUT", QueueRoutes.Queue, (http, host) => Handle(http, host, QueueFields.OfQueue), Description);

    /// <summary>Also for topics, which are told from queues by their names.</summary>
    public static async Task Handle(HttpContext http, BrokerHost host, DefinitionFields fields)
    {
        Problem? problem = null;
        QueueName name = http.Queue(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        QueueChanges changes = new(fields);
        problem ??= await ReadChanges(http, host, changes);
        if (problem is null && name.Kind == QueueKind.Queue
            && name.Value.StartsWith(ReplyInbox.Prefix, StringComparison.Ordinal))
            Problem.Blame(
                ref problem, "queue", $"in the path must not begin with {ReplyInbox.Prefix}: temporary queues do.");
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<QueueChange> result = await host.Broker.PutQueue(name, changes.Create(), precondition);
        await Answer(http, host, name, changes, result, replaces: true);
    }

    public static async ValueTask<Problem?> ReadChanges(
        HttpContext http, BrokerHost host, QueueChanges changes, params string[] contentTypes)
    {
        using RequestBody body = await RequestBody.Read(http, host.Bodies);
        if (body.Error is not null || body.Span.IsEmpty) return body.Problem();
        return JsonRequest.CheckContentType(http, contentTypes) ?? QueueChanges.Parse(body.Span, changes);
    }

    /// <summary>The answer to a PUT or PATCH.</summary>
    public static async Task Answer(
        HttpContext http, BrokerHost host, QueueName name, QueueChanges changes, Result<QueueChange> result,
        bool replaces)
    {
        if (result.Error == BrokerError.ImmutableField)
        {
            // It is read only to name the field; when it has gone meanwhile, the bare problem is still true.
            Result<QueueDescription> existing = await host.Broker.GetQueue(name);
            Problem conflict = existing.Succeeded
                ? changes.Conflict(existing.Value.Config, replaces)
                : BrokerProblems.Of(result.Error);
            await conflict.Write(http);
            return;
        }

        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        // Definitions are records of the control log, which is always synced.
        http.Promise(Durability.Fsync);
        if (result.Value.Created) http.Response.Headers.Location = Addresses.PathOf(name);
        await DefinitionJson.Answer(http, result.Value.Created ? 201 : 200, result.Value.Queue);
    }
}
