using System.Collections.Frozen;
using System.Globalization;
using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>One attribute that is set: what it changes of a queue's definition.</summary>
internal sealed record AttributeEdit(string Name, Func<QueueConfig, QueueConfig> Change);

/// <summary>An attribute that is a number, which the broker has a field for.</summary>
internal sealed record NumberAttribute(
    int Min, int Max, Func<QueueConfig, int> Read, Func<QueueConfig, int, QueueConfig> Change);

/// <summary>Reads the attributes of a queue as a client sets them.</summary>
internal static class AttributeEdits
{
    public static readonly FrozenDictionary<string, NumberAttribute> Numbers = new Dictionary<string, NumberAttribute>
    {
        ["DelaySeconds"] = new(0, AwsLimits.MaxDelaySeconds,
            static queue => queue.DelaySeconds, static (queue, value) => queue with { DelaySeconds = value }),
        ["MaximumMessageSize"] = new(AwsLimits.MinMessageBytes, AwsLimits.MessageBytes,
            static queue => queue.MaxMessageBytes, static (queue, value) => queue with { MaxMessageBytes = value }),
        ["MessageRetentionPeriod"] = new(QueueConfigLimits.MinRetentionSeconds, AwsLimits.MaxRetentionSeconds,
            static queue => queue.RetentionSeconds, static (queue, value) => queue with { RetentionSeconds = value }),
        ["ReceiveMessageWaitTimeSeconds"] = new(0, AwsLimits.MaxWaitSeconds,
            static queue => queue.ReceiveWaitSeconds,
            static (queue, value) => queue with { ReceiveWaitSeconds = value }),
        ["VisibilityTimeout"] = new(0, AwsLimits.MaxVisibilitySeconds,
            static queue => queue.VisibilityTimeoutSeconds,
            static (queue, value) => queue with { VisibilityTimeoutSeconds = value }),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="creates">The queue is new, so its type may be said.</param>
    public static AwsError? Read(
        AwsCall call, IReadOnlyDictionary<string, string> attributes, bool creates, out List<AttributeEdit> edits)
    {
        edits = [];
        bool hasKey = attributes.TryGetValue(Encryption.KeyId, out string? key) && !string.IsNullOrEmpty(key);
        if (hasKey && attributes.TryGetValue(Encryption.ManagedName, out string? managed) && managed == "true")
        {
            return SqsErrors.InvalidAttributeValue.With(
                "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or " +
                "SQS SSE.");
        }

        foreach ((string name, string? value) in attributes)
        {
            if (Read(call, name, value ?? "", creates, out Func<QueueConfig, QueueConfig> change) is { } wrong)
                return wrong;
            edits.Add(new AttributeEdit(name, change));
        }

        return null;
    }

    /// <summary>The definition with all edits, or what is wrong with it as a whole.</summary>
    public static AwsError? Apply(IEnumerable<AttributeEdit> edits, ref QueueConfig config)
    {
        config = FifoAttributes.Settled(config);
        foreach (AttributeEdit edit in edits) config = edit.Change(config);
        bool perGroup = Annotations.Find(config, FifoAttributes.Throughput) == FifoAttributes.PerGroup;
        return perGroup && config.DeduplicationScope != DeduplicationScope.Group
            ? SqsErrors.BadAttribute(
                FifoAttributes.Throughput,
                "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.")
            : null;
    }

    /// <summary>What the broker refuses about a definition.</summary>
    public static AwsError Of(AwsHost host, BrokerError error, IReadOnlyDictionary<string, string> attributes)
    {
        string? reason = error switch
        {
            BrokerError.DeadLetterQueueNotFound => "Dead letter target does not exist.",
            BrokerError.DeadLetterCycle => "The dead-letter queues would lead back to the queue itself.",
            BrokerError.RedriveNotAllowed =>
                "The redrive permission of the dead-letter queue does not allow this source queue.",
            _ => null,
        };
        if (reason is not null)
            return ProtocolErrors.Invalid(Redrive.Name, attributes.GetValueOrDefault(Redrive.Name), reason);
        return error == BrokerError.AnnotationsTooLarge
            ? SqsErrors.OverLimit.With("The attributes of the queue are larger than 256 KiB.")
            : SqsErrors.Of(host, error);
    }

    private static AwsError? Read(
        AwsCall call, string name, string value, bool creates, out Func<QueueConfig, QueueConfig> change)
    {
        change = static queue => queue;
        if (Numbers.TryGetValue(name, out NumberAttribute? number))
        {
            bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed)
                && parsed >= number.Min && parsed <= number.Max;
            change = queue => number.Change(queue, parsed);
            return isNumber ? null : SqsErrors.BadAttribute(name);
        }

        return name switch
        {
            Policies.Name => Policies.Read(value, out change),
            Redrive.Name => Redrive.Read(call, value, out change),
            Redrive.AllowName => Redrive.ReadAllow(call, value, out change),
            Encryption.KeyId or Encryption.ReusePeriod or Encryption.ManagedName =>
                Encryption.Read(name, value, out change),
            FifoAttributes.Type or FifoAttributes.ContentBased or FifoAttributes.Scope or FifoAttributes.Throughput =>
                FifoAttributes.Read(call.Queue.IsFifo, name, value, creates, out change),
            _ => SqsErrors.UnknownAttribute(name),
        };
    }
}
