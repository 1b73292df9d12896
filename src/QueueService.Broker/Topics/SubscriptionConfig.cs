using QueueService.Broker.Queues;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Topics;

/// <summary>What becomes of the messages that a subscription gets.</summary>
public enum SubscriptionTarget : byte
{
    /// <summary>Consumers receive and acknowledge them, as those of a queue.</summary>
    Pull = 0,

    /// <summary>They are copied to a queue, each exactly once.</summary>
    Queue = 1,

    /// <summary>They are posted to an address.</summary>
    Webhook = 2,

    /// <summary>They are copied to a stream, each exactly once.</summary>
    Stream = 3,
}

/// <summary>In which form a message leaves the topic.</summary>
public enum DeliveryFormat : byte
{
    /// <summary>Its body, as it was published.</summary>
    Raw = 0,

    /// <summary>A JSON object with the body and what is known about it.</summary>
    Envelope = 1,

    CloudEventsBinary = 2,

    CloudEventsStructured = 3,
}

/// <summary>What a subscription declares beyond what a queue does.</summary>
public sealed record SubscriptionConfig
{
    /// <summary>Immutable.</summary>
    public SubscriptionTarget Target { get; init; }

    /// <summary>Where the messages go: the name of a queue, or what the owner of webhooks keeps about one, in a form of
    /// its own. Empty for a pull subscription.</summary>
    public string Destination { get; init; } = "";

    /// <summary>The address of the queue or stream to which messages are copied.</summary>
    internal string TargetAddress =>
        Target == SubscriptionTarget.Stream ? $"{QueueName.StreamMark}{Destination}/" : Destination;

    /// <summary>The filter as JSON; empty when everything is let through.</summary>
    public string Filter { get; init; } = "";

    /// <summary>Which attributes the numbers of the filter are compared to. Replacing a definition keeps it; a patch
    /// changes it.</summary>
    public NumberMatching Numbers { get; init; }

    public DeliveryFormat Format { get; init; }

    /// <summary>"latest", "earliest" or an instant: where the subscription began. Immutable.</summary>
    public string From { get; init; } = Latest;

    /// <summary>The resource of the topic; set by the broker.</summary>
    internal uint Topic { get; init; }

    public const string Latest = "latest";

    public const string Earliest = "earliest";
}
