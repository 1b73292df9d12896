using QueueService.Broker.Queues;

namespace QueueService.Broker.Topics;

/// <summary>A snapshot's name within its subscription, of the same form as that of a queue.</summary>
public readonly record struct SnapshotName(SubscriptionName Subscription, string Value)
{
    public static bool TryParse(SubscriptionName subscription, string? text, out SnapshotName name)
    {
        bool valid = QueueName.TryParse(text, out _);
        name = valid ? new SnapshotName(subscription, text!) : default;
        return valid;
    }

    public override string ToString() => $"{Subscription}/{Value}";
}
