using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

/// <summary>Pause and resume: the field `paused` as two verbs.</summary>
internal static class PauseSubscription
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map("pause", paused: true, new(
            "pauseSubscription", Tags.Subscriptions, "Stop delivering messages",
            "Nothing is delivered until the subscription is resumed; the topic keeps the messages for it as long as " +
            "its retention lasts. Leases that exist can be settled.")
        {
            IsKeyed = true,
            Replies = [new(204, "The subscription is paused.") { Headers = Schemas.DefinitionHeaders }],
            Problems = [ProblemKind.SubscriptionNotFound, ProblemKind.DiskFull],
        });
        Map("resume", paused: false, new(
            "resumeSubscription", Tags.Subscriptions, "Deliver messages again",
            "Receives that wait are served at once.")
        {
            IsKeyed = true,
            Replies = [new(204, "The subscription delivers messages.") { Headers = Schemas.DefinitionHeaders }],
            Problems =
                [ProblemKind.SubscriptionNotFound, ProblemKind.SubscriptionNotConfirmed, ProblemKind.DiskFull],
        });

        void Map(string verb, bool paused, Operation description) => routes.MapOperation(
            "POST", $"{TopicRoutes.Subscription}/{verb}", (http, host) => Handle(http, host, paused), description);
    }

    private static async Task Handle(HttpContext http, BrokerHost host, bool paused)
    {
        if (!paused && await IsUnconfirmed(http, host))
            await new Problem(ProblemKind.SubscriptionNotConfirmed).Write(http);
        else await PauseQueue.Handle(http, host, paused);
    }

    /// <summary>What is paused because nobody has confirmed it begins by being confirmed. Whatever else is wrong with
    /// the request is said by who handles it.</summary>
    private static async ValueTask<bool> IsUnconfirmed(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        SubscriptionName name = http.Subscription(ref problem);
        if (problem is not null) return false;
        Result<QueueDescription> found = await host.Broker.GetSubscription(name);
        return found.Succeeded
            && SnsSubscription.Of(found.Value.Config) is { State: not SubscriptionState.Confirmed };
    }
}
