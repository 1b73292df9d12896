using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Queues;

namespace QueueService.Server.Bootstrap;

/// <summary>A queue, a topic or a subscription of a bootstrap file.</summary>
internal sealed record Declared(string File, QueueName Name, QueueChanges Changes)
{
    /// <summary>Where it stands in its file.</summary>
    public string Pointer
    {
        get
        {
            switch (Name.Kind)
            {
                case QueueKind.Topic:
                    return $"/topics/{TopicName.At(Name).Value}";
                case QueueKind.Subscription:
                    SubscriptionName subscription = SubscriptionName.At(Name);
                    return $"/topics/{subscription.Topic.Value}/subscriptions/{subscription.Value}";
                default:
                    return $"/queues/{Name.Value}";
            }
        }
    }

    /// <summary>What it is, for the log.</summary>
    public string Kind => Name.Kind switch
    {
        QueueKind.Topic => "topic",
        QueueKind.Subscription => "subscription",
        _ => "queue",
    };

    /// <summary>Its name without what tells kinds apart.</summary>
    public string Title => Name.Value.TrimEnd('/');
}
