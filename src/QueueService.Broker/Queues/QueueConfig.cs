using QueueService.Broker.DurableStreams;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Queues;

/// <summary>When a reply to a write may leave.</summary>
public enum Durability : byte
{
    /// <summary>After fdatasync: survives a power cut.</summary>
    Fsync = 0,

    /// <summary>After the write call: survives a killed process, not a power cut.</summary>
    Os = 1,

    /// <summary>At once: may be lost with the process.</summary>
    Memory = 2,
}

/// <summary>How a queue hands out its messages.</summary>
public enum QueueType : byte
{
    /// <summary>Competing consumers, best-effort order.</summary>
    Standard = 0,

    /// <summary>Strict order within each message group; a group waits while one of its messages is leased.</summary>
    Fifo = 1,
}

/// <summary>What waits while a message of a group is leased.</summary>
public enum GroupLock : byte
{
    /// <summary>The whole group: one that came back waits until no other of its group is leased.</summary>
    Group = 0,

    /// <summary>The later messages of the group, as in SQS: one that came back is handed out again, also while a later
    /// one is leased.</summary>
    Later = 1,
}

/// <summary>Among which messages a deduplication id is looked for.</summary>
public enum DeduplicationScope : byte
{
    Queue = 0,

    /// <summary>Those of the same message group.</summary>
    Group = 1,
}

/// <summary>What the owner of a queue declared. Every field has a default; the ranges are in
/// <see cref="QueueConfigLimits"/>.</summary>
public sealed record QueueConfig
{
    /// <summary>Immutable.</summary>
    public QueueType Type { get; init; } = QueueType.Standard;

    /// <summary>How long a received message is hidden from other consumers. Default 30 s, as in SQS.</summary>
    public int VisibilityTimeoutSeconds { get; init; } = 30;

    /// <summary>Delay of a message that names none.</summary>
    public int DelaySeconds { get; init; }

    /// <summary>Messages older than this are expired. Default 4 days, as in SQS.</summary>
    public int RetentionSeconds { get; init; } = 345_600;

    /// <summary>Largest body accepted, in bytes. Default 1 MiB.</summary>
    public int MaxMessageBytes { get; init; } = 1_048_576;

    /// <summary>Long-poll of a receive that names none.</summary>
    public int ReceiveWaitSeconds { get; init; }

    /// <summary>Immutable.</summary>
    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>Nothing is handed out; sending and settling go on.</summary>
    public bool Paused { get; init; }

    public RetryPolicy Retry { get; init; } = RetryPolicy.None;

    /// <summary>Null: messages are delivered until their retention ends.</summary>
    public RedrivePolicy? Redrive { get; init; }

    public RedriveAllowPolicy RedriveAllow { get; init; } = RedriveAllowPolicy.All;

    /// <summary>The retention of the dead-letter queue counts from the move, instead of from the original
    /// send.</summary>
    public bool ResetRetentionOnDeadLetter { get; init; }

    /// <summary>FIFO only: a message without a deduplication id takes the SHA-256 of its body for one.</summary>
    public bool ContentBasedDeduplication { get; init; }

    /// <summary>FIFO only.</summary>
    public DeduplicationScope DeduplicationScope { get; init; }

    /// <summary>FIFO only. Replacing a definition keeps it; a patch changes it.</summary>
    public GroupLock GroupLock { get; init; }

    /// <summary>Messages that the queue holds at most, in whatever state; 0: any number.</summary>
    public long MaxMessages { get; init; }

    /// <summary>Bytes of these messages at most, as they are stored: body, content type, attributes and the other
    /// options of a message. 0: any number.</summary>
    public long MaxBytes { get; init; }

    /// <summary>What happens to a message that would exceed one of the two.</summary>
    public OverflowPolicy Overflow { get; init; } = OverflowPolicy.Reject;

    /// <summary>At most <see cref="Tag.MaxPerQueue"/>, in ordinal order of their keys.</summary>
    public ValueList<Tag> Tags { get; init; } = ValueList<Tag>.Empty;

    /// <summary>At most <see cref="Alarm.MaxPerQueue"/>, each with a name of its own.</summary>
    public ValueList<Alarm> Alarms { get; init; } = ValueList<Alarm>.Empty;

    /// <summary>What a protocol in front of the broker keeps with the definition, in the order in which it was given;
    /// the broker never reads it. <see cref="QueueConfigLimits.MaxAnnotationBytes"/> bytes at most. Replacing a
    /// definition keeps the annotations that it has; only a patch changes them, which is a change like any other: it
    /// gives the definition a new ETag.</summary>
    public ValueList<Tag> Annotations { get; init; } = ValueList<Tag>.Empty;

    /// <summary>Null unless it is a subscription or a queue view.</summary>
    public SubscriptionConfig? Subscription { get; init; }

    /// <summary>Null unless it is a stream.</summary>
    public StreamConfig? Stream { get; init; }

    /// <summary>Null unless it is a durable stream.</summary>
    public DurableStreamConfig? Durable { get; init; }

    /// <summary>With what a replacement does not say, and so keeps.</summary>
    internal QueueConfig Keeping(QueueConfig existing) => this with
    {
        Annotations = existing.Annotations,
        GroupLock = existing.GroupLock,
        Subscription = existing.Subscription is null || Subscription is null
            ? Subscription
            : Subscription with { Numbers = existing.Subscription.Numbers },
    };
}

/// <summary>What a full queue does.</summary>
public enum OverflowPolicy : byte
{
    /// <summary>The new message is refused.</summary>
    Reject = 0,

    /// <summary>The messages that would be handed out next go, in the commit that adds the new one. Leased and delayed
    /// messages stay; when only they are left, the new message is refused.</summary>
    DropOldest = 1,
}

/// <summary>The closed ranges of the numeric fields of <see cref="QueueConfig"/>.</summary>
public static class QueueConfigLimits
{
    /// <summary>12 hours, as in SQS.</summary>
    public const int MaxVisibilityTimeoutSeconds = 43_200;

    /// <summary>A year.</summary>
    public const int MaxDelaySeconds = 31_536_000;

    /// <summary>SQS's minimum.</summary>
    public const int MinRetentionSeconds = 60;

    /// <summary>Ten years.</summary>
    public const int MaxRetentionSeconds = 315_360_000;

    /// <summary>A message fits into one request (16 MiB) and one commit.</summary>
    public const int MaxMessageBytes = 16_777_216;

    /// <summary>Of 0 to 9, the highest is handed out first.</summary>
    public const int MaxPriority = 9;

    /// <summary>Named receives of the last five minutes per queue: with the lease of at least one message each, as many
    /// as could matter.</summary>
    public const int MaxReceiveAttempts = 20_000;

    /// <summary>Characters of a message group or a deduplication id, as in SQS.</summary>
    public const int MaxGroupCharacters = 128;

    /// <summary>Shorter than the idle timeouts of usual proxies.</summary>
    public const int MaxReceiveWaitSeconds = 60;

    /// <summary>Messages that one send drops at most: bounds its time on the loop to some milliseconds.</summary>
    public const int MaxDroppedPerSend = 100_000;

    /// <summary>More than a disk holds: a trillion.</summary>
    public const long MaxMaxMessages = 1_000_000_000_000;

    /// <summary>UTF-8 bytes of all keys and values of the annotations together: they are in every record of the
    /// definition and in the catalog's memory, and an access policy with a filter of the largest size fits.</summary>
    public const int MaxAnnotationBytes = 262_144;

    /// <summary>A pebibyte, which every JSON parser reads exactly.</summary>
    public const long MaxMaxBytes = 1L << 50;
}
