namespace QueueService.Storage.Logs;

/// <summary>A segment as people see it.</summary>
/// <param name="BaseOffset">Of its first record, or lower.</param>
/// <param name="LastOffset">Of its last record.</param>
/// <param name="Bytes">Of the file, or of its copy in the object store without the table of blocks.</param>
/// <param name="FirstTime">Unix milliseconds; null when the file has gone, or its first record is damaged.</param>
/// <param name="LastTime">The latest of its records, Unix milliseconds.</param>
public sealed record SegmentState(
    long BaseOffset, long LastOffset, int Records, int Bytes, long? FirstTime, long LastTime, bool IsRemote)
{
    /// <summary>The segments of a log from an offset on. Reads a record of each that is a file: call it outside the
    /// loop.</summary>
    public static List<SegmentState> List(AppendLog log, long from, int limit) =>
    [
        .. log.Segments.Where(segment => segment.BaseOffset >= from).Take(limit).Select(static segment =>
        {
            SegmentExtent extent = segment.Extent;
            return new SegmentState(
                segment.BaseOffset, extent.LastOffset, extent.Records, extent.Length,
                segment.Remote?.FirstTime ?? FirstTimeOf(segment, extent), extent.MaxTime, segment.Remote is not null);
        }),
    ];

    private static long? FirstTimeOf(Segment segment, SegmentExtent extent)
    {
        using var reader = new SegmentReader();
        return reader.Read(segment, extent.FirstOffset, out long time, out _) == ReadOutcome.Found ? time : null;
    }
}
