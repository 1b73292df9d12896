using System.Runtime.CompilerServices;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>The subscriptions of a topic that AWS can speak of: also those of `/v1` with a queue or a
/// webhook.</summary>
internal static class SubscriptionList
{
    private const int PageItems = 1_000;

    /// <summary>One after the other; an error is the last.</summary>
    public static async IAsyncEnumerable<Result<QueueDescription>> All(
        MessageBroker broker, TopicName topic, string? after = null,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        do
        {
            cancellation.ThrowIfCancellationRequested();
            Result<QueuePage> page = await broker.ListSubscriptions(topic, "", after, PageItems);
            if (!page.Succeeded)
            {
                yield return page.Error;
                yield break;
            }

            foreach (QueueDescription one in page.Value.Queues) yield return one;
            after = page.Value.Next is null ? null : SubscriptionName.At(page.Value.Queues[^1].Name).Value;
        }
        while (after is not null);
    }

    /// <summary>Null for one that AWS cannot speak of, and for one whose token has ended: it goes in a
    /// moment.</summary>
    public static SubscriptionState? StateOf(QueueConfig config, TimeProvider time)
    {
        if (config.Subscription!.Target is not (SubscriptionTarget.Queue or SubscriptionTarget.Webhook)) return null;
        if (SnsSubscription.Of(config) is not { } known) return SubscriptionState.Confirmed;
        bool isOver = known.State != SubscriptionState.Confirmed &&
            known.TokenExpiresAt <= time.GetUtcNow().ToUnixTimeMilliseconds();
        return isOver ? null : known.State;
    }
}
