using System.Buffers;

namespace QueueService.Broker.Streams.Groups;

/// <summary>Where a group begins in a stream that it has never read.</summary>
public enum OffsetReset
{
    /// <summary>With the oldest records that are kept.</summary>
    Earliest = 0,

    /// <summary>With what is appended after the first member joined.</summary>
    Latest = 1,
}

/// <summary>How partitions are shared out.</summary>
public enum GroupAssignor
{
    /// <summary>Evenly, and everybody keeps what it has as far as that allows.</summary>
    StickyCooperative = 0,

    /// <summary>Evenly, in runs of neighbouring partitions by the order of the members' names.</summary>
    Range = 1,
}

/// <summary>What the owner of a consumer group declared. The ranges are in <see cref="GroupLimits"/>.</summary>
public sealed record GroupConfig
{
    public OffsetReset AutoOffsetReset { get; init; }

    public GroupAssignor Assignor { get; init; }

    /// <summary>Of members that name no other: whoever does not call for so long has left.</summary>
    public int SessionTimeoutSeconds { get; init; } = GroupLimits.DefaultSessionTimeoutSeconds;

    /// <summary>Whoever asks for no records and commits nothing for so long has left, also when it sends heartbeats.
    /// </summary>
    public int ProcessingTimeoutSeconds { get; init; } = GroupLimits.DefaultProcessingTimeoutSeconds;

    internal static GroupConfig Read(ref SpanReader input) => new()
    {
        AutoOffsetReset = (OffsetReset)input.ReadVarint(),
        Assignor = (GroupAssignor)input.ReadVarint(),
        SessionTimeoutSeconds = (int)input.ReadVarint(),
        ProcessingTimeoutSeconds = (int)input.ReadVarint(),
    };

    internal void Write(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)AutoOffsetReset);
        output.WriteVarint((ulong)Assignor);
        output.WriteVarint((ulong)SessionTimeoutSeconds);
        output.WriteVarint((ulong)ProcessingTimeoutSeconds);
    }
}

/// <summary>The closed ranges of <see cref="GroupConfig"/>, and other bounds of consumer groups.</summary>
public static class GroupLimits
{
    /// <summary>In all: each is some kilobytes, and 40 bytes for every partition.</summary>
    public const int MaxGroups = 10_000;

    /// <summary>As many as a stream can have partitions is the most that can do anything; beyond, they only wait.
    /// </summary>
    public const int MaxMembers = 1_000;

    /// <summary>Characters of a member's or an instance's name.</summary>
    public const int NameLength = Queues.QueueName.MaxLength;

    /// <summary>Ends of sessions are noticed once a second when nobody calls.</summary>
    public const int MinSessionTimeoutSeconds = 1;

    /// <summary>A member that died keeps its partitions from the others for so long.</summary>
    public const int MaxSessionTimeoutSeconds = 3_600;

    /// <summary>Kafka's default.</summary>
    public const int DefaultSessionTimeoutSeconds = 45;

    public const int MinProcessingTimeoutSeconds = 1;

    /// <summary>A day: whoever works longer on one page asks for smaller pages.</summary>
    public const int MaxProcessingTimeoutSeconds = 86_400;

    /// <summary>Kafka's max.poll.interval.ms.</summary>
    public const int DefaultProcessingTimeoutSeconds = 300;

    /// <summary>Kafka's max.poll.records.</summary>
    public const int DefaultPollRecords = 500;
}
