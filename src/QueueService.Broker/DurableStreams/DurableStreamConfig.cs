namespace QueueService.Broker.DurableStreams;

/// <summary>What was declared when a durable stream was created; nothing of it changes. The ranges are in
/// <see cref="DurableStreamLimits"/>.</summary>
public sealed record DurableStreamConfig
{
    /// <summary>As it was given.</summary>
    public required string ContentType { get; init; }

    /// <summary>The stream ends when nobody has read or appended for so long, and at most a sixteenth later; null:
    /// never.</summary>
    public long? TtlSeconds { get; init; }

    /// <summary>The stream ends then, Unix milliseconds; null: never.</summary>
    public long? ExpiresAt { get; init; }

    /// <summary>Of a fork: the stream that it begins with, by its number; 0 when it is no fork.</summary>
    public uint Source { get; init; }

    /// <summary>Of a fork: the path by which its source was named; else empty.</summary>
    public string SourcePath { get; init; } = "";

    /// <summary>Of a fork: how many records of its source it begins with. Its own ones follow, with offsets from there
    /// on.</summary>
    public long ForkOffset { get; init; }

    /// <summary>Of a fork: how much of the source's next record it begins with as well, in bytes or JSON messages. That
    /// part is its own first record.</summary>
    public long ForkSubOffset { get; init; }
}

/// <summary>Bounds of durable streams.</summary>
public static class DurableStreamLimits
{
    /// <summary>Characters of a path, as it is after percent-decoding.</summary>
    public const int PathLength = 1_024;

    /// <summary>Characters of a content type, as of a message.</summary>
    public const int ContentTypeLength = 256;

    /// <summary>Characters of a Stream-Seq.</summary>
    public const int SequenceLength = 256;

    /// <summary>Ten years.</summary>
    public const long MaxTtlSeconds = Queues.QueueConfigLimits.MaxRetentionSeconds;

    /// <summary>A fork of a fork, and so on: a read goes through all of them.</summary>
    public const int MaxForkDepth = 16;

    /// <summary>What JavaScript counts exactly: epochs and sequence numbers of producers.</summary>
    public const long MaxCounter = (1L << 53) - 1;
}
