using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>Where deliveries are.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Attempts that are kept of each subscription.</summary>
    public const int AttemptsKept = AttemptLog.MaxKept;

    /// <summary>Messages of one <see cref="Redeliver"/>.</summary>
    public const int MaxRedelivered = 10_000;

    /// <summary>Where these deliveries of a subscription are now, in the same order.</summary>
    /// <param name="sequenceNumbers">At most 1,000: they are looked at in one turn of the loop.</param>
    public ValueTask<Result<IReadOnlyList<DeliveryState>>> DeliveryStates(
        SubscriptionName name, IReadOnlyList<long> sequenceNumbers) =>
        Query<IReadOnlyList<DeliveryState>>(shard => DeliveryState.Find(shard, name, sequenceNumbers));
}
