using QueueService.Broker.Queues;

namespace QueueService.Broker.Topics;

/// <summary>A topic's name, of the same form as that of a queue.</summary>
/// <param name="Address">What the broker's calls take.</param>
public readonly record struct TopicName(string Value, QueueName Address)
{
    public static bool TryParse(string? text, out TopicName name)
    {
        bool valid = QueueName.TryParse(text, out _);
        name = valid ? new TopicName(text!, QueueName.Stored(text + "/")) : default;
        return valid;
    }

    /// <summary>The name of the topic at this address.</summary>
    public static TopicName At(QueueName address) => new(address.Value[..^1], address);

    public override string ToString() => Value;
}

/// <summary>A subscription's name within its topic, of the same form as that of a queue.</summary>
/// <param name="Address">What the broker's calls take.</param>
public readonly record struct SubscriptionName(TopicName Topic, string Value, QueueName Address)
{
    public static bool TryParse(TopicName topic, string? text, out SubscriptionName name)
    {
        bool valid = QueueName.TryParse(text, out _);
        name = valid ? new SubscriptionName(topic, text!, QueueName.Stored(topic.Address.Value + text)) : default;
        return valid;
    }

    /// <summary>The name of the subscription at this address.</summary>
    public static SubscriptionName At(QueueName address)
    {
        int slash = address.Value.IndexOf('/', StringComparison.Ordinal);
        var topic = new TopicName(address.Value[..slash], QueueName.Stored(address.Value[..(slash + 1)]));
        return new SubscriptionName(topic, address.Value[(slash + 1)..], address);
    }

    public override string ToString() => Address.Value;
}
