using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>Many definitions at once: listed, planned and applied in bounded steps of the loop.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Definitions written by one commit: about a hundred kilobytes.</summary>
    private const int DeclaredPerCommit = 100;

    /// <summary>What declaring these queues, topics and subscriptions would do, in this order and dead-letter queues
    /// first; changes nothing. Each name is given once.</summary>
    public ValueTask<Result<IReadOnlyList<QueuePlan>>> PlanQueues(IReadOnlyList<QueueDeclaration> declared) =>
        Query<IReadOnlyList<QueuePlan>>(shard => QueueDeclarations.Plan(shard, declared));

    /// <summary>Does what was planned without errors. Nobody may change definitions between the two.</summary>
    public async ValueTask<BrokerError> ApplyPlan(IEnumerable<QueuePlan> plans)
    {
        QueuePlan[] changes = [.. plans.Where(static plan => plan.IsChange)];
        foreach (QueuePlan[] some in changes.Where(static plan => !IsSubscription(plan)).Chunk(DeclaredPerCommit))
        {
            long at = 0;
            BrokerError error = await Submit((shard, command) =>
            {
                at = shard.Now;
                return QueueDeclarations.Apply(shard, command, some);
            });
            if (error != BrokerError.None) return error;
            foreach (QueuePlan plan in some)
            {
                Tell(new BrokerEvent(
                    plan.Existing is null ? BrokerEventKind.Created : BrokerEventKind.Changed,
                    plan.Declaration.Name, at));
            }
        }

        // One after the other: where a subscription begins is looked up on disk.
        foreach (QueueDeclaration one in changes.Where(IsSubscription).Select(static plan => plan.Declaration))
        {
            var request = new SubscriptionRequest(SubscriptionName.At(one.Name), one.Config, Precondition.None)
            {
                From = one.From,
            };
            Result<QueueChange> result = await PutSubscription(request);
            if (!result.Succeeded) return result.Error;
        }

        return BrokerError.None;

        static bool IsSubscription(QueuePlan plan) =>
            plan.Declaration.Name.Kind is QueueKind.Subscription or QueueKind.QueueView;
    }

    /// <summary>A page of the queues whose names start so and that have all these tags. The loop looks at a bounded
    /// number of them at a time.</summary>
    public ValueTask<Result<QueuePage>> ListQueues(
        string prefix, string? after, int limit, IReadOnlyList<TagFilter>? tags = null) =>
        List(new QueueListing(prefix, after, limit, tags ?? []));

    private async ValueTask<Result<QueuePage>> List(QueueListing listing)
    {
        (string? after, int limit) = (listing.After, listing.Limit);
        List<QueueDescription> found = [];
        do
        {
            // One more than asked for says whether another page follows.
            QueueListing request = listing with { After = after, Limit = limit + 1 - found.Count };
            Result<QueuePage> page = await Query<QueuePage>(shard => QueueDefinitions.List(shard, request));
            if (!page.Succeeded) return page;
            found.AddRange(page.Value.Queues);
            after = page.Value.Next;
        }
        while (after is not null && found.Count <= limit);

        string? next = found.Count > limit ? found[limit - 1].Name.Value : null;
        return new QueuePage(
            [.. found.Take(limit).Select(static queue => queue with { Stats = queue.Stats.ReadFromDisk() })], next);
    }
}
