namespace QueueService.Broker.Streams;

/// <summary>What the owner of a stream declared, beside what every log has. The ranges are in
/// <see cref="StreamLimits"/>.</summary>
public sealed record StreamConfig
{
    /// <summary>Can grow and never shrinks: then keys of records that are there would be elsewhere.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>Bytes of records that each partition keeps, as they are stored; older ones go, some hundred at a time. 0:
    /// any number.</summary>
    public long RetentionBytes { get; init; }

    /// <summary>When segments go to the object store; null: never.</summary>
    public StreamTier? Tier { get; init; }
}

/// <summary>When a sealed segment of a stream goes to the object store: when either holds. At least one is given.
/// </summary>
/// <param name="AfterSeconds">Its newest record is older.</param>
/// <param name="LocalBytes">The segments of its partition on the local disk have more bytes; the oldest go.</param>
public sealed record StreamTier(long? AfterSeconds, long? LocalBytes);

/// <summary>The closed ranges of <see cref="StreamConfig"/>, and other bounds of streams.</summary>
public static class StreamLimits
{
    /// <summary>Each is a log of its own: about 2 KB of memory while it is quiet.</summary>
    public const int MaxPartitions = Queues.Position.MaxPartitions;

    /// <summary>Kafka's default: a week.</summary>
    public const int DefaultRetentionSeconds = 604_800;

    /// <summary>Below that, a single record could be all there is.</summary>
    public const long MinRetentionBytes = 1_048_576;

    /// <summary>A key is an id, not a document.</summary>
    public const int KeyBytes = 1_024;

    /// <summary>Characters of a producer's id.</summary>
    public const int ProducerIdLength = 128;

    /// <summary>Producers of one stream that are remembered: some hundred bytes each.</summary>
    public const int MaxProducers = 100_000;

    /// <summary>A producer that was silent for so long is forgotten: as Kafka's transactional ids.</summary>
    public const long ProducerExpiryMilliseconds = 7L * 86_400_000;

    /// <summary>Requests of a producer that can be answered again: as many as Kafka's clients have in flight.</summary>
    public const int ProducerOutcomes = 5;

    /// <summary>Records that one read answers at most.</summary>
    public const int MaxRecordsPerRead = 10_000;
}
