using QueueService.Broker.Queues;

namespace QueueService.Server.Queues;

/// <summary>A field of a definition as JSON sees it: numbers, enums and flags alike are an integer in a range,
/// an enum's integer is the index of its name.</summary>
internal sealed record QueueField(
    string Name, long Min, long Max, Func<QueueConfig, long> Get, Func<QueueConfig, long, QueueConfig> Set)
{
    /// <summary>The values of an enum; empty for a number.</summary>
    public string[] Choices { get; init; } = [];

    /// <summary>A limit that a queue may be without: then it is 0 here, and absent in JSON.</summary>
    public bool IsOptional { get; init; }

    /// <summary>True or false: 1 or 0.</summary>
    public bool IsFlag { get; init; }

    /// <summary>Cannot change after creation.</summary>
    public bool Immutable { get; init; }

    /// <summary>Can become larger after creation, and not smaller.</summary>
    public bool OnlyGrows { get; init; }

    /// <summary>The name of an enum's schema.</summary>
    public string Schema { get; init; } = "";

    public required string Description { get; init; }
}

/// <summary>The one table of the fields that an owner declares: parsing, writing, comparing and describing use it.
/// </summary>
internal static class QueueFields
{
    public static readonly QueueField[] All =
    [
        new("type", 0, 1, config => (int)config.Type, (config, value) => config with { Type = (QueueType)value })
        {
            Choices = ["standard", "fifo"],
            Schema = "QueueType",
            Immutable = true,
            Description =
                "How messages are handed out: `standard` has competing consumers and best-effort order; `fifo` " +
                "keeps the order of each message group, and of all messages without one, and hands nothing of a " +
                "group out while one of its messages is leased.",
        },
        new("visibilityTimeoutSeconds", 0, QueueConfigLimits.MaxVisibilityTimeoutSeconds,
            config => config.VisibilityTimeoutSeconds,
            (config, value) => config with { VisibilityTimeoutSeconds = (int)value })
        {
            Description = "How long a received message is hidden from other consumers.",
        },
        new("delaySeconds", 0, QueueConfigLimits.MaxDelaySeconds,
            config => config.DelaySeconds, (config, value) => config with { DelaySeconds = (int)value })
        {
            Description = "Delay of messages that name none.",
        },
        new("retentionSeconds", QueueConfigLimits.MinRetentionSeconds, QueueConfigLimits.MaxRetentionSeconds,
            config => config.RetentionSeconds, (config, value) => config with { RetentionSeconds = (int)value })
        {
            Description = "Messages older than this expire.",
        },
        new("maxMessageBytes", 1, QueueConfigLimits.MaxMessageBytes,
            config => config.MaxMessageBytes, (config, value) => config with { MaxMessageBytes = (int)value })
        {
            Description = "The largest body that is accepted, in bytes.",
        },
        new("receiveWaitSeconds", 0, QueueConfigLimits.MaxReceiveWaitSeconds,
            config => config.ReceiveWaitSeconds, (config, value) => config with { ReceiveWaitSeconds = (int)value })
        {
            Description = "How long a receive that names no wait waits for a first message.",
        },
        new("durability", 0, 2,
            config => (int)config.Durability, (config, value) => config with { Durability = (Durability)value })
        {
            Choices = ["fsync", "os", "memory"],
            Schema = "Durability",
            Immutable = true,
            Description = "When a write is answered: `fsync` after it is on disk, `os` after it was handed to the " +
                "operating system (survives a killed process), `memory` at once.",
        },
        new("paused", 0, 1, config => config.Paused ? 1 : 0, (config, value) => config with { Paused = value == 1 })
        {
            IsFlag = true,
            Description = "Nothing is handed out; sending and settling go on.",
        },
        new("resetRetentionOnDeadLetter", 0, 1,
            config => config.ResetRetentionOnDeadLetter ? 1 : 0,
            (config, value) => config with { ResetRetentionOnDeadLetter = value == 1 })
        {
            IsFlag = true,
            Description =
                "The retention of a message in the dead-letter queue counts from its move there, instead of " +
                "from its sending.",
        },
        new("contentBasedDeduplication", 0, 1,
            config => config.ContentBasedDeduplication ? 1 : 0,
            (config, value) => config with { ContentBasedDeduplication = value == 1 })
        {
            IsFlag = true,
            Description = "FIFO only: a message without a deduplication id takes the SHA-256 of its body for one. A " +
                "message with the id of one that was sent in the last five minutes is not stored again.",
        },
        new("deduplicationScope", 0, 1,
            config => (int)config.DeduplicationScope,
            (config, value) => config with { DeduplicationScope = (DeduplicationScope)value })
        {
            Choices = ["queue", "group"],
            Schema = "DeduplicationScope",
            Description = "FIFO only: whether a deduplication id counts in the whole queue or in its message group.",
        },
        new("maxMessages", 1, QueueConfigLimits.MaxMaxMessages,
            config => config.MaxMessages, (config, value) => config with { MaxMessages = value })
        {
            IsOptional = true,
            Description = "How many messages the queue holds at most, in whatever state.",
        },
        new("maxBytes", 1, QueueConfigLimits.MaxMaxBytes,
            config => config.MaxBytes, (config, value) => config with { MaxBytes = value })
        {
            IsOptional = true,
            Description = "How many bytes these messages have at most: their bodies, content types, attributes and " +
                "other options, as they are stored. Sizes are remembered per 256 consecutive messages, so while some " +
                "of them are gone, the others count with their average.",
        },
        new("overflow", 0, 1,
            config => (long)config.Overflow, (config, value) => config with { Overflow = (OverflowPolicy)value })
        {
            Choices = ["reject", "dropOldest"],
            Schema = "Overflow",
            Description =
                "What happens to a message that would exceed `maxMessages` or `maxBytes`: `reject` refuses it " +
                "(429 `queue-full`); `dropOldest` removes others in the same commit: the lowest priority first, and " +
                "of one priority what came back and then the oldest. Leased and delayed messages stay; when only " +
                "they are left, the new one is refused.",
        },
    ];

    /// <summary>What a queue declares.</summary>
    public static readonly DefinitionFields OfQueue = new(new QueueConfig(), All, QueuePolicies.All);

    public static QueueField Named(string name) => Array.Find(All, field => field.Name == name)!;
}
