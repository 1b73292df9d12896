using QueueService.Server.Http;

namespace QueueService.Server.Streams;

/// <summary>The problems that streams, their records and their producers have.</summary>
internal static class StreamProblems
{
    private const string Nothing = "Nothing was changed.";

    public static readonly ProblemKind StreamNotFound = new(
        "stream-not-found", 404, "The stream does not exist", false, Nothing,
        "Create it with PUT /v1/streams/{stream}, or check its name.");

    public static readonly ProblemKind PartitionNotFound = new(
        "partition-not-found", 404, "The stream has no such partition", false, Nothing,
        "Partitions are numbered from 0: read the stream to see how many it has.");

    public static readonly ProblemKind RecordNotFound = new(
        "record-not-found", 404, "There is no record at this offset", false, Nothing,
        "Read the partition from this offset on: the next record may have a higher one.");

    public static readonly ProblemKind OffsetOutOfRange = new(
        "offset-out-of-range", 410, "The partition does not have this offset", false, Nothing,
        "Go on at `earliestOffset`: what lies before it is past its retention. Beyond `endOffset` there is nothing " +
        "yet.");

    public static readonly ProblemKind RecordCompacted = new(
        "record-compacted", 404, "Compaction took the record at this offset", false, Nothing,
        "A newer record has its key, or it was a tombstone whose time is over. Read the partition from this offset " +
        "on.");

    public static readonly ProblemKind KeyRequired = new(
        "key-required", 422, "A record of a compacted stream needs a key", false, Nothing,
        "Give the record a key: compaction keeps the newest record of each.");

    public static readonly ProblemKind RetentionNotSupported = new(
        "retention-not-supported", 400, "A stream that is only compacted has no retention", false, Nothing,
        "Leave `retentionSeconds` and `retentionBytes` out (in a patch, set them to null), or choose the cleanup " +
        "`compactAndDelete`.");

    public static readonly ProblemKind ProducerFenced = new(
        "producer-fenced", 403, "Another process has taken over this producer", false, Nothing,
        "Stop, or take over by an epoch above `currentEpoch`, with the sequence beginning at 0 again.");

    public static readonly ProblemKind ProducerSequenceGap = new(
        "producer-sequence-gap", 409, "Requests of this producer are missing", false, Nothing,
        "Send the request with Producer-Sequence `expectedSequence` first. A producer that was silent for 7 days is " +
        "forgotten and begins at 0.");

    public static readonly ProblemKind ProducerSequenceReused = new(
        "producer-sequence-reused", 422, "This sequence number was used for another request", false, Nothing,
        "Repeat a request unchanged, and only one of the last five; use the next number for a new one.");

    public static readonly ProblemKind TooManyProducers = new(
        "too-many-producers", 429, "Too many producers of the stream are remembered", true, Nothing,
        "A stream remembers 100,000, each for 7 days after its last request: use the same ids again.", 60);

    public static readonly ProblemKind TierNotConfigured = new(
        "tier-not-configured", 409, "The server has no object store", false, Nothing,
        "Leave `tier` out, or ask the operator to start the server with Tier:Directory or Tier:S3.");

    public static readonly ProblemKind TierNotForCompaction = new(
        "tier-not-for-compaction", 400, "A stream that is compacted stays on the disk", false, Nothing,
        "Leave `tier` out (in a patch, set it to null), or choose the cleanup `delete`.");

    public static readonly ProblemKind TierInUse = new(
        "tier-in-use", 400, "The stream has segments in the object store", false, Nothing,
        "A stream is compacted only when all of it is on the disk: wait until retention has taken what is in the " +
        "object store (GET .../partitions/{partition}/segments says what is), or create another stream.");

    public static readonly ProblemKind TierUnavailable = new(
        "tier-unavailable", 503, "The records are in the object store, which does not give them", true, Nothing,
        "Wait as Retry-After says, then send the request again. Newer records can still be read and appended. When " +
        "it stays so, the log of the server says why: the store may be down, or an object damaged.", 5);

    public static readonly IReadOnlyList<ProblemKind> All =
    [
        StreamNotFound, PartitionNotFound, RecordNotFound, OffsetOutOfRange, RecordCompacted, KeyRequired,
        RetentionNotSupported, ProducerFenced, ProducerSequenceGap, ProducerSequenceReused, TooManyProducers,
        TierNotConfigured, TierNotForCompaction, TierInUse, TierUnavailable,
    ];
}
