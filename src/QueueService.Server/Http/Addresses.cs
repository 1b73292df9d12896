using System.Globalization;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Streams.QueueViews;

namespace QueueService.Server.Http;

/// <summary>What the path of a request names, and the path of what has a name.</summary>
internal static class Addresses
{
    private const string NameRule = "in the path must be 1 to 128 of A-Z a-z 0-9 . _ -";

    /// <summary>The queue, the topic or the subscription that the path names: whoever sends to a topic or receives from
    /// a subscription does what it would do with a queue.</summary>
    public static QueueName Queue(this HttpContext http, ref Problem? problem)
    {
        if (http.Request.RouteValues["view"] is not null) return http.QueueView(ref problem).Address;
        if (http.Request.RouteValues["stream"] is not null) return http.Stream(ref problem).Address;
        if (http.Request.RouteValues["topic"] is not null)
        {
            return http.Request.RouteValues["subscription"] is null
                ? http.Topic(ref problem).Address
                : http.Subscription(ref problem).Address;
        }

        if (!QueueName.TryParse(http.PathValue("queue"), out QueueName name))
            Problem.Blame(ref problem, "queue", NameRule);
        return name;
    }

    public static TopicName Topic(this HttpContext http, ref Problem? problem)
    {
        if (!TopicName.TryParse(http.PathValue("topic"), out TopicName name))
            Problem.Blame(ref problem, "topic", NameRule);
        return name;
    }

    public static StreamName Stream(this HttpContext http, ref Problem? problem)
    {
        if (!StreamName.TryParse(http.PathValue("stream"), out StreamName name))
            Problem.Blame(ref problem, "stream", NameRule);
        return name;
    }

    /// <summary>The partition of a stream that the path names.</summary>
    public static int Partition(this HttpContext http, ref Problem? problem)
    {
        if (int.TryParse(http.PathValue("partition"), NumberStyles.None, null, out int partition)
            && partition < StreamLimits.MaxPartitions) return partition;
        Problem.Blame(
            ref problem, "partition", $"in the path must be an integer from 0 to {StreamLimits.MaxPartitions - 1}.");
        return 0;
    }

    public static SubscriptionName Subscription(this HttpContext http, ref Problem? problem)
    {
        TopicName topic = http.Topic(ref problem);
        if (!SubscriptionName.TryParse(topic, http.PathValue("subscription"), out SubscriptionName name))
            Problem.Blame(ref problem, "subscription", NameRule);
        return name;
    }

    public static SnapshotName Snapshot(this HttpContext http, ref Problem? problem)
    {
        SubscriptionName subscription = http.Subscription(ref problem);
        if (!SnapshotName.TryParse(subscription, http.PathValue("snapshot"), out SnapshotName name))
            Problem.Blame(ref problem, "snapshot", NameRule);
        return name;
    }

    public static string PathOf(QueueName address)
    {
        switch (address.Kind)
        {
            case QueueKind.Stream:
                return $"/v1/streams/{StreamName.At(address).Value}";
            case QueueKind.QueueView:
                string view = SubscriptionName.At(address).Value;
                return $"/v1/streams/{QueueViewJson.StreamOf(address)}/queue-views/{view}";
            case QueueKind.Topic:
                return $"/v1/topics/{TopicName.At(address).Value}";
            case QueueKind.Subscription:
                SubscriptionName subscription = SubscriptionName.At(address);
                return $"/v1/topics/{subscription.Topic.Value}/subscriptions/{subscription.Value}";
            default:
                return "/v1/queues/" + address.Value;
        }
    }

    /// <summary>Where a message was sent: the same for all subscriptions of a topic.</summary>
    public static string SourceOf(QueueName address) => address.Kind is QueueKind.Subscription or QueueKind.QueueView
        ? PathOf(SubscriptionName.At(address).Topic.Address)
        : PathOf(address);
}
