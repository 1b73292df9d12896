using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Deliveries;

/// <summary>Where a delivery is.</summary>
internal enum DeliveryStatus
{
    Succeeded,

    /// <summary>It is attempted, now or later.</summary>
    Pending,

    /// <summary>Given up, dead-lettered, or not kept by the topic any more.</summary>
    Failed,
}

/// <summary>The delivery of one message to the webhook of one subscription.</summary>
/// <param name="Last">The newest attempt that is kept.</param>
internal sealed record Delivery(SubscriptionName Subscription, DeliveryState State, KeptAttempt? Last)
{
    public MessageId Id => State.Id;

    public static readonly string[] Statuses = ["succeeded", "pending", "failed"];

    public DeliveryStatus Status => State.State is not null ? DeliveryStatus.Pending
        : Last?.Result == DeliveryResult.Delivered ? DeliveryStatus.Succeeded
        : DeliveryStatus.Failed;

    /// <summary>Since it began, or began anew.</summary>
    public int Attempts => State.State is not null && State.Receives == 0 ? 0 : Last?.Number ?? 0;

    public AttemptDetails? LastDetails => Last is null ? null : AttemptDetails.FromJson(Last.Details.Span);
}
