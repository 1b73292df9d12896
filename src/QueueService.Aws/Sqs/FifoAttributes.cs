using QueueService.Aws.Protocol;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>The attributes that only FIFO queues have.</summary>
internal static class FifoAttributes
{
    public const string Type = "FifoQueue";
    public const string ContentBased = "ContentBasedDeduplication";
    public const string Scope = "DeduplicationScope";
    public const string Throughput = "FifoThroughputLimit";
    public const string PerGroup = "perMessageGroupId";

    private const string PerQueue = "perQueue";
    private const string GroupScope = "messageGroup";
    private const string QueueScope = "queue";

    public static AwsError? Read(
        bool isFifo, string name, string value, bool creates, out Func<QueueConfig, QueueConfig> change)
    {
        change = static queue => queue;
        if (name == Type) return CheckType(isFifo, value, creates);
        if (!isFifo) return Misplaced(name);
        switch (name)
        {
            case ContentBased:
                change = queue => queue with { ContentBasedDeduplication = value == "true" };
                return value is "true" or "false" ? null : SqsErrors.BadAttribute(name);
            case Scope:
                DeduplicationScope scope = value == GroupScope ? DeduplicationScope.Group : DeduplicationScope.Queue;
                change = queue => queue with { DeduplicationScope = scope };
                return value is GroupScope or QueueScope ? null : SqsErrors.BadAttribute(name);
            default:
                change = queue => Annotations.With(queue, Throughput, value == PerQueue ? null : value);
                return value is PerGroup or PerQueue ? null : SqsErrors.BadAttribute(name);
        }
    }

    public static void Write(QueueConfig config, Action<string, string?> add)
    {
        if (config.Type != QueueType.Fifo) return;
        add(Type, "true");
        add(ContentBased, config.ContentBasedDeduplication ? "true" : "false");
        add(Scope, config.DeduplicationScope == DeduplicationScope.Group ? GroupScope : QueueScope);
        add(Throughput, Annotations.Find(Settled(config), Throughput) ?? PerQueue);
    }

    /// <summary>Without the throughput that needs another scope: `/v1`, which knows nothing of it, may have changed
    /// that.</summary>
    public static QueueConfig Settled(QueueConfig config) =>
        config.DeduplicationScope == DeduplicationScope.Group ? config : Annotations.With(config, Throughput, null);

    private static AwsError? CheckType(bool isFifo, string value, bool creates)
    {
        if (!isFifo && creates && value == "true")
        {
            return ProtocolErrors.InvalidParameterValue.With(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must " +
                "end with .fifo suffix and be 1 to 80 in length.");
        }

        if (!isFifo) return SqsErrors.UnknownAttribute(Type);
        return value == "true" ? null : SqsErrors.BadAttribute(Type, "Modifying queue type is not supported.");
    }

    private static AwsError Misplaced(string name) => name == ContentBased
        ? SqsErrors.UnknownAttribute(name)
        : SqsErrors.InvalidAttributeName.With($"You can specify the {name} only when FifoQueue is set to true.");
}
