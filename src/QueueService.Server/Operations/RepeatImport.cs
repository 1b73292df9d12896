using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Operations;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using LongOperation = QueueService.Broker.Operations.Operation;

namespace QueueService.Server.Operations;

/// <summary>An import that was asked for before, with the same idempotency key: nothing is imported.</summary>
internal static class RepeatImport
{
    /// <summary>Answers how the import ended. The bodies are compared when the first one was read to its end.</summary>
    public static async Task Answer(HttpContext http, BrokerHost host, LongOperation begun, IdempotencyToken token)
    {
        Result<EndedImport?> found = await host.Broker.FindImport(token);
        Result<LongOperation> now = await host.Broker.GetOperation(begun.Id);
        Problem? problem = !found.Succeeded ? BrokerProblems.Of(found.Error)
            : found.Value is null && now is { Succeeded: true, Value.IsActive: true }
                ? new Problem(ProblemKind.IdempotencyKeyInUse)
            : null;
        if (problem is null && found.Value is { } ended && !await HasSameBody(http, ended))
            problem = new Problem(ProblemKind.IdempotencyKeyReused);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyKey.Tell(http, token);
        LongOperation operation = found.Value?.Operation ?? (now.Succeeded ? now.Value : begun);
        await ImportMessages.Answer(
            http, operation, found.Value is { } whole ? whole.Note.Span[BodyDigest.Bytes..] : []);
    }

    private static async ValueTask<bool> HasSameBody(HttpContext http, EndedImport ended)
    {
        byte[] digest = await BodyDigest.Read(http.Request.BodyReader);
        return ended.Note.Span[..BodyDigest.Bytes].SequenceEqual(digest);
    }
}
