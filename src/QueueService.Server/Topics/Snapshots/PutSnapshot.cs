using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Topics.Snapshots;

internal static class PutSnapshot
{
    private static readonly Operation Description = new(
        "putSnapshot", Tags.Subscriptions, "Take a snapshot of a subscription",
        "It holds exactly which messages are not acknowledged at this moment; a seek brings that back. Idempotent: " +
        "when there is a snapshot of this name, it stays as it is and 200 answers it (`If-None-Match: *` answers 412 " +
        "instead); to replace it, delete it first. It lives for 7 days, and no longer than the topic keeps its " +
        "messages. ")
    {
        Parameters = [Schemas.IfMatch, Schemas.IfNoneMatch],
        Replies =
        [
            new(200, "It existed and is as it was.", Content.Json("Snapshot", SnapshotJson.Example))
                { Headers = Schemas.DefinitionHeaders },
            new(201, "It was taken.", Content.Json("Snapshot", SnapshotJson.Example))
                { Headers = [.. Schemas.DefinitionHeaders, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.SubscriptionNotFound, ProblemKind.PreconditionFailed,
            ProblemKind.TooManySnapshots, ProblemKind.SnapshotTooLarge, ProblemKind.UnsupportedMediaType,
            ProblemKind.UnsupportedContentEncoding, ProblemKind.RequestTooLarge, ProblemKind.DiskFull,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("PUT", TopicRoutes.Snapshot, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SnapshotName name = http.Snapshot(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        problem ??= await JsonBody.Read(http, host, name, ReadObject);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<SnapshotChange> result = await host.Broker.PutSnapshot(name, precondition);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        (SubscriptionSnapshot snapshot, bool created) = result.Value;
        http.Promise(Durability.Fsync);
        if (created)
        {
            http.Response.Headers.Location =
                $"{Addresses.PathOf(name.Subscription.Address)}/snapshots/{name.Value}";
        }

        await SnapshotJson.Answer(http, created ? 201 : 200, name.Subscription, snapshot);
    }

    /// <summary>A snapshot has no settings: a body is an empty object.</summary>
    private static Problem? ReadObject(ref Utf8JsonReader json, SnapshotName name)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string field = JsonRequest.Escape(JsonRequest.Name(ref json));
            Problem.Blame(
                ref problem, "/" + field, $"is not a known field: the snapshot {name.Value} has no settings.");
            json.Read();
            json.TrySkip();
        }

        return problem;
    }
}
