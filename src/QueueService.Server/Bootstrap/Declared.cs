using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Queues;
using QueueService.Server.Streams.QueueViews;

namespace QueueService.Server.Bootstrap;

/// <summary>What a bootstrap file declares: a queue, a topic, a subscription, a stream or a queue view.</summary>
internal sealed record Declared(string File, QueueName Name, QueueChanges Changes)
{
    /// <summary>Where it stands in its file.</summary>
    public string Pointer
    {
        get
        {
            switch (Name.Kind)
            {
                case QueueKind.Stream:
                    return $"/streams/{StreamName.At(Name).Value}";
                case QueueKind.QueueView:
                    return $"/streams/{QueueViewJson.StreamOf(Name)}/queueViews/{SubscriptionName.At(Name).Value}";
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
        QueueKind.Stream => "stream",
        QueueKind.QueueView => "queue view",
        QueueKind.Topic => "topic",
        QueueKind.Subscription => "subscription",
        _ => "queue",
    };

    /// <summary>Its name without what tells kinds apart.</summary>
    public string Title => Name.Value.Trim('/', '~');
}
