using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>How topics and subscriptions are called by AWS. A FIFO topic of `/v1` whose name does not end in `.fifo`
/// has this added.</summary>
internal sealed record SnsNaming(string Region, string Account)
{
    public const string FifoSuffix = ".fifo";

    public static string NameOf(string name, QueueType type) =>
        type == QueueType.Fifo && !name.EndsWith(FifoSuffix, StringComparison.Ordinal) ? name + FifoSuffix : name;

    public string ArnOf(TopicName topic, QueueConfig config) =>
        SnsArn.OfTopic(Region, Account, NameOf(topic.Value, config.Type));

    public string ArnOf(SubscriptionName subscription, QueueConfig topic) =>
        $"{ArnOf(subscription.Topic, topic)}:{subscription.Value}";
}
