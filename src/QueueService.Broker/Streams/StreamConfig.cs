namespace QueueService.Broker.Streams;

/// <summary>What the owner of a stream declared, beside what every log has. The ranges are in
/// <see cref="StreamLimits"/>.</summary>
public sealed record StreamConfig
{
    /// <summary>Can grow and never shrinks: then keys of records that are there would be elsewhere.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>Bytes of records that each partition keeps, as they are stored; older ones go, some hundred at a time.
    /// 0: any number.</summary>
    public long RetentionBytes { get; init; }

    /// <summary>When segments go to the object store; null: never.</summary>
    public StreamTier? Tier { get; init; }

    /// <summary>How old records go. With <see cref="CleanupPolicy.Compact"/> a retention by time or bytes is refused.
    /// </summary>
    public CleanupPolicy Cleanup { get; init; }

    /// <summary>How long a tombstone stays at least, after the older records of its key are gone. Default a day, as in
    /// Kafka.</summary>
    public int DeleteRetentionSeconds { get; init; } = StreamLimits.DefaultDeleteRetentionSeconds;

    /// <summary>Compaction takes no record for superseded by one that is younger.</summary>
    public int MinCompactionLagSeconds { get; init; }

    /// <summary>Of each key the newest record is kept; so every record has one.</summary>
    public bool IsCompacted => Cleanup != CleanupPolicy.Delete;
}

/// <summary>How the records of a stream end.</summary>
public enum CleanupPolicy : byte
{
    /// <summary>By retention.</summary>
    Delete = 0,

    /// <summary>When a newer one has the same key.</summary>
    Compact = 1,

    /// <summary>By whichever of both is first.</summary>
    CompactAndDelete = 2,
}

/// <summary>When a sealed segment of a stream goes to the object store: when either holds. At least one is given.
/// </summary>
/// <param name="AfterSeconds">Its newest record is older.</param>
/// <param name="LocalBytes">The segments of its partition on the local disk have more bytes; the oldest go.</param>
public sealed record StreamTier(long? AfterSeconds, long? LocalBytes);

/// <summary>The closed ranges of <see cref="StreamConfig"/>, and other bounds of streams.</summary>
public static class StreamLimits
{
    /// <summary>Each is a log of its own: 0.8 KB of memory before its first record (20 streams of 1,024).</summary>
    public const int MaxPartitions = Queues.Position.MaxPartitions;

    /// <summary>Kafka's default: a week.</summary>
    public const int DefaultRetentionSeconds = 604_800;

    /// <summary>Below that, a single record could be all there is.</summary>
    public const long MinRetentionBytes = 1_048_576;

    /// <summary>A record that is superseded is there for so long at least: whoever reads a table page by page, as of
    /// one moment, finds each key that it had then.</summary>
    public const long SupersededKeptMilliseconds = 5 * 60_000;

    /// <summary>Compaction looks at a partition by itself when so much of it was not compacted yet, and as much as was.
    /// </summary>
    public const long MinDirtyBytes = 1_048_576;

    /// <summary>And when something of it was not compacted for so long, however little it is.</summary>
    public const long MaxDirtyMilliseconds = 86_400_000;

    /// <summary>A day, as Kafka's.</summary>
    public const int DefaultDeleteRetentionSeconds = 86_400;

    /// <summary>Ten years, as of a retention; of a lag, too.</summary>
    public const int MaxCompactionSeconds = Queues.QueueConfigLimits.MaxRetentionSeconds;

    /// <summary>A key is an id, not a document.</summary>
    public const int KeyBytes = 1_024;

    /// <summary>Characters of a producer's id.</summary>
    public const int ProducerIdLength = 128;

    /// <summary>Producers of one stream that are remembered: at most 1.5 KB each (RSS over 20,000 of them, with
    /// all that one append each leaves behind).</summary>
    public const int MaxProducers = 100_000;

    /// <summary>A producer that was silent for so long is forgotten: as Kafka's transactional ids.</summary>
    public const long ProducerExpiryMilliseconds = 7L * 86_400_000;

    /// <summary>Requests of a producer that can be answered again: as many as Kafka's clients have in flight.</summary>
    public const int ProducerOutcomes = 5;

    /// <summary>Records that one read answers at most.</summary>
    public const int MaxRecordsPerRead = 10_000;
}
