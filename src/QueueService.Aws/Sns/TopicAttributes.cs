using System.Globalization;
using System.Text.Json;
using QueueService.Aws.Auth;
using QueueService.Aws.Sqs;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

/// <summary>The attributes of a topic that can be set: those that the broker acts on are part of the definition, the
/// others are annotations by their own names.</summary>
internal static class TopicAttributes
{
    public const string SignatureVersion = "SignatureVersion";
    public const string DeliveryPolicy = "DeliveryPolicy";
    public const string DisplayName = "DisplayName";
    public const string Policy = "Policy";
    public const string ArchivePolicy = "ArchivePolicy";
    public const string FifoTopic = "FifoTopic";
    public const string ContentBasedDeduplication = "ContentBasedDeduplication";
    public const string FifoThroughputScope = "FifoThroughputScope";
    public const string DataProtectionPolicy = "DataProtectionPolicy";

    private const int SecondsPerDay = 86_400;

    private static readonly HashSet<string> Feedback =
    [
        .. new[] { "HTTP", "Firehose", "Lambda", "Application", "SQS" }.SelectMany(static protocol => new[]
        {
            protocol + "SuccessFeedbackRoleArn", protocol + "SuccessFeedbackSampleRate",
            protocol + "FailureFeedbackRoleArn",
        }),
    ];

    /// <summary>Kept as they are given; an empty one is as none.</summary>
    public static IEnumerable<string> Kept =>
        [DisplayName, Policy, DeliveryPolicy, SignatureVersion, "TracingConfig", "KmsMasterKeyId", ArchivePolicy,
            .. Feedback];

    /// <summary>The change that sets one attribute, or why it is refused.</summary>
    /// <param name="isFifo">Of the topic.</param>
    public static Func<QueueConfig, QueueConfig>? Read(string name, string value, bool isFifo, out string? refusal)
    {
        refusal = Refuse(name, value, isFifo);
        if (refusal is not null) return null;
        return name switch
        {
            FifoTopic => static config => config,
            ContentBasedDeduplication => config =>
                config with { ContentBasedDeduplication = IsTrue(value) },
            FifoThroughputScope => config => config with
            {
                DeduplicationScope = value == "MessageGroup" ? DeduplicationScope.Group : DeduplicationScope.Queue,
            },
            ArchivePolicy => config => Annotations.With(
                config with { RetentionSeconds = RetentionOf(value) }, name, IsNone(value) ? null : value),
            _ => config => Annotations.With(config, name, value.Length == 0 ? null : value),
        };
    }

    /// <summary>As `GetTopicAttributes` shows it; null when it does not.</summary>
    public static string? Show(QueueConfig config, string name) => name switch
    {
        FifoTopic => config.Type == QueueType.Fifo ? "true" : null,
        ContentBasedDeduplication when config.Type == QueueType.Fifo =>
            config.ContentBasedDeduplication ? "true" : "false",
        FifoThroughputScope when config.Type == QueueType.Fifo =>
            config.DeduplicationScope == DeduplicationScope.Group ? "MessageGroup" : "Topic",
        ContentBasedDeduplication or FifoThroughputScope => null,
        DisplayName => Annotations.Find(config, name) ?? "",
        ArchivePolicy => ArchivePolicyOf(config),
        _ => Annotations.Find(config, name),
    };

    /// <summary>Null when it has none, also when `/v1` has given the topic another retention since then.</summary>
    public static string? ArchivePolicyOf(QueueConfig config) =>
        Annotations.Find(config, ArchivePolicy) is { } policy && RetentionOf(policy) == config.RetentionSeconds
            ? policy
            : null;

    public static bool IsTrue(string value) => value.Equals("true", StringComparison.OrdinalIgnoreCase);

    private static string? Refuse(string name, string value, bool isFifo)
    {
        switch (name)
        {
            case FifoTopic: return IsFlag(value) ? null : "FifoTopic: must be true or false";
            case ContentBasedDeduplication or FifoThroughputScope or ArchivePolicy when !isFifo:
                return $"{name} is only for FIFO topics";
            case ContentBasedDeduplication: return IsFlag(value) ? null : $"{name}: must be true or false";
            case FifoThroughputScope:
                return value is "Topic" or "MessageGroup" ? null : $"{name}: must be Topic or MessageGroup";
            case SignatureVersion: return value is "1" or "2" ? null : "SignatureVersion: must be 1 or 2";
            case "TracingConfig":
                return value is "PassThrough" or "Active" ? null : "TracingConfig: must be PassThrough or Active";
            case DisplayName:
                return value.Length <= SnsLimits.DisplayNameCharacters ? null : "DisplayName: too long";
            case DeliveryPolicy:
                DeliveryPolicyReader.Read(value, ofTopic: true, out string? refusal);
                return refusal;
            case ArchivePolicy: return IsNone(value) || DaysOf(value) is not null
                ? null
                : "ArchivePolicy: MessageRetentionPeriod must be a number of days from 1 to 365";
            case Policy: return RefusePolicy(value);
            default: return name == "KmsMasterKeyId" || Feedback.Contains(name) ? null : $"Unknown attribute {name}";
        }
    }

    /// <summary>What is wrong with an access policy; null when nothing is.</summary>
    public static string? RefusePolicy(string value)
    {
        if (value.Length == 0) return null;
        return PolicyReader.Read(value, PolicyRules.Sns, out string? problem) is null
            ? "Policy Error: " + problem
            : null;
    }

    private static int RetentionOf(string policy) => IsNone(policy)
        ? new QueueConfig().RetentionSeconds
        : SecondsPerDay * DaysOf(policy)!.Value;

    private static bool IsNone(string policy) =>
        policy.Length == 0 || policy.Replace(" ", "", StringComparison.Ordinal) == "{}";

    private static int? DaysOf(string policy)
    {
        try
        {
            using var document = JsonDocument.Parse(policy);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            JsonProperty[] fields = [.. document.RootElement.EnumerateObject()];
            if (fields is not [{ Name: "MessageRetentionPeriod" } only]) return null;
            string text =
                only.Value.ValueKind == JsonValueKind.String ? only.Value.GetString()! : only.Value.GetRawText();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int days) &&
                days is >= 1 and <= SnsLimits.MaxArchiveDays
                    ? days
                    : null;
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsFlag(string value) =>
        IsTrue(value) || value.Equals("false", StringComparison.OrdinalIgnoreCase);
}
