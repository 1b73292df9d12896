using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

internal static class PutSubscription
{
    private static readonly Operation Description = new(
        "putSubscription", Tags.Subscriptions, "Create or replace a subscription",
        "Idempotent: the same request again answers 200. A field left out takes its default; no body is `{}`, a pull " +
        "subscription that begins now. `target.type`, `from` and `ordering` cannot change.")
    {
        Parameters = [Schemas.IfMatch, Schemas.IfNoneMatch],
        Request =
        [
            Content.Json("SubscriptionSettings", """{"target":{"type":"pull"},"from":"earliest","ordering":"group"}"""),
        ],
        Replies =
        [
            new(200, "The subscription existed; it now has these settings.",
                Content.Json("Subscription", SubscriptionJson.Example)) { Headers = Schemas.DefinitionHeaders },
            new(201, "The subscription was created.", Content.Json("Subscription", SubscriptionJson.Example))
                { Headers = [.. Schemas.DefinitionHeaders, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, ProblemKind.TopicNotFound, ProblemKind.TargetQueueNotFound,
            ProblemKind.TargetStreamNotFound,
            ProblemKind.ImmutableField, ProblemKind.PreconditionFailed, ProblemKind.UnsupportedMediaType,
            ProblemKind.TooManyQueues, ProblemKind.DiskFull, ProblemKind.RedriveNotAllowed,
            ProblemKind.DeadLetterQueueNotFound, ProblemKind.DeadLetterCycle,
            ProblemKind.AddressDenied, ProblemKind.OwnershipNotConfirmed,
            ProblemKind.RequestTooLarge,
            ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("PUT", TopicRoutes.Subscription, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        QueueChanges changes = new(SubscriptionFields.All);
        problem ??= await PutQueue.ReadChanges(http, host, changes);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        SubscriptionChange change = new(host, name, changes, replaces: true);
        (Result<QueueChange> result, problem) = await change.Apply(precondition, http.RequestAborted);
        await (problem?.Write(http) ?? PutQueue.Answer(http, host, name.Address, changes, result, replaces: true));
    }
}
