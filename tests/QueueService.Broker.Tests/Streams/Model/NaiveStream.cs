using QueueService.Broker.Streams;

namespace QueueService.Broker.Tests.Streams.Model;

/// <summary>A dictionary of lists: what was ever appended to each partition, in order.</summary>
internal sealed class NaiveStream
{
    private readonly Dictionary<int, List<NaiveRecord>> _partitions = [];

    public bool IsCompacted { get; init; }

    public int Partitions { get; set; } = 1;

    public List<NaiveRecord> this[int partition] =>
        _partitions.TryGetValue(partition, out List<NaiveRecord>? records) ? records : _partitions[partition] = [];

    /// <summary>Whether a record may be gone by now by compaction: a newer one of its key is known for long enough, or
    /// it says that its key has no value and has said so for long enough.</summary>
    public bool MayBeCompacted(int partition, NaiveRecord record, long now)
    {
        if (!IsCompacted || record.Key is null) return false;
        if (record.Body is null && now - record.At >= StreamModelRun.DeleteRetentionSeconds * 1_000L) return true;
        List<NaiveRecord> records = this[partition];
        for (int offset = (int)record.Offset + 1; offset < records.Count; offset++)
        {
            NaiveRecord newer = records[offset];
            if (newer.Key == record.Key && now - newer.At >= StreamLimits.SupersededKeptMilliseconds) return true;
        }

        return false;
    }

    /// <summary>Whether retention may have taken it.</summary>
    public static bool MayBeExpired(NaiveRecord record, long now) =>
        now - record.At >= StreamModelRun.RetentionSeconds * 1_000L;
}

/// <param name="Body">Null for a tombstone.</param>
/// <param name="At">Unix milliseconds.</param>
internal sealed record NaiveRecord(long Offset, string? Key, string? Body, long At);
