using System.Buffers;
using QueueService.Storage.Files;

namespace QueueService.Storage.Logs;

/// <summary>
/// Finds a place in a segment of an earlier process, which has no index, by reading here and there: at a position in
/// the middle the next whole record is looked for, and its offset and time, which both rise, say on which side to go
/// on. About a dozen small reads, instead of one of the whole file. The first ones are remembered, so that later
/// searches begin closer.</summary>
internal static class SegmentSearch
{
    /// <summary>The search ends when it is down to so much, and reads so much at once.</summary>
    private const int BlockBytes = 16 << 10;

    /// <summary>A body may have the form of records: after so many that had to be fetched and were none, it is given
    /// up, and the reader steps from the last good place.</summary>
    private const int MaxFetched = 4;

    /// <summary>What is found in a span of this size or more is remembered: at most 512 points of a segment of 64 MiB.
    /// </summary>
    private const int LearnedSpan = 256 << 10;

    /// <summary>The place to start reading from to find this offset.</summary>
    public static int FindOffset(IFile file, Segment segment, long offset) =>
        Find(file, segment, point => point.Offset <= offset);

    /// <summary>The place to start reading from to find the first record of this time or later.</summary>
    public static int FindTime(IFile file, Segment segment, long time) =>
        Find(file, segment, point => point.Time < time);

    private static int Find(IFile file, Segment segment, Predicate<SegmentPoint> isBefore)
    {
        SegmentExtent extent = segment.Extent;
        var span = new Span
        {
            Low = new SegmentPoint(SegmentFormat.HeaderBytes, extent.FirstOffset - 1, long.MinValue),
            Limit = new SegmentPoint(extent.Length, extent.LastOffset + 1, extent.MaxTime),
            High = extent.Length,
        };
        SegmentPoint[] points = segment.Points;
        int known = FirstNotBefore(points, isBefore);
        if (known > 0) span.Low = points[known - 1];
        if (known < points.Length && points[known].Position < extent.Length)
            (span.Limit, span.High) = (points[known], points[known].Position);

        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockBytes + SegmentFormat.RecordHeaderBytes);
        try
        {
            while (span.High - span.Low.Position > BlockBytes)
            {
                int size = span.High - span.Low.Position;
                int middle = span.Low.Position + (size / 2);
                if (!TryProbe(file, segment.Salt, middle, in span, buffer, out SegmentPoint? found)) break;
                if (found is not { } point)
                {
                    span.High = middle;
                    continue;
                }

                if (size >= LearnedSpan) segment.Learn(point);
                if (isBefore(point)) span.Low = point;
                else (span.Limit, span.High) = (point, point.Position);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return span.Low.Position;
    }

    /// <summary>The first record that starts at this position or later, below the span's end. Answers false when it
    /// gives up.</summary>
    private static bool TryProbe(
        IFile file, uint salt, int from, in Span span, byte[] buffer, out SegmentPoint? found)
    {
        found = null;
        int fetched = 0;
        for (int start = from; start < span.High; start += BlockBytes)
        {
            int filled = file.Read(
                buffer.AsSpan(0, Math.Min(BlockBytes + SegmentFormat.RecordHeaderBytes, span.Limit.Position - start)),
                start);
            int last = Math.Min(Math.Min(BlockBytes, span.High - start), filled - SegmentFormat.RecordHeaderBytes + 1);
            for (int at = 0; at < last; at++)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(at, filled - at);
                (int length, long offset, long time) = SegmentFormat.PeekRecord(rest);
                if (offset <= span.Low.Offset || offset >= span.Limit.Offset) continue;
                if (time < span.Low.Time || time > span.Limit.Time) continue;
                long end = start + at + SegmentFormat.RecordHeaderBytes + (long)length;
                if (length < 0 || end > span.Limit.Position) continue;
                bool isHeld = SegmentFormat.RecordHeaderBytes + length <= rest.Length;
                if (!isHeld && ++fetched > MaxFetched) return false;
                bool isRecord = isHeld
                    ? SegmentFormat.IsRecord(rest, salt)
                    : IsRecord(file, salt, start + at, (int)(end - start - at));
                if (!isRecord) continue;
                found = new SegmentPoint(start + at, offset, time);
                return true;
            }
        }

        return true;
    }

    private static bool IsRecord(IFile file, uint salt, int position, int bytes)
    {
        byte[] record = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            int read = file.Read(record.AsSpan(0, bytes), position);
            return SegmentFormat.IsRecord(record.AsSpan(0, read), salt);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(record);
        }
    }

    private static int FirstNotBefore(SegmentPoint[] points, Predicate<SegmentPoint> isBefore)
    {
        int low = 0;
        int high = points.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (isBefore(points[middle])) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>Where the wanted place may be.</summary>
    private struct Span
    {
        /// <summary>Not behind it.</summary>
        public SegmentPoint Low;

        /// <summary>Behind it, or the end of the segment: no record reaches beyond.</summary>
        public SegmentPoint Limit;

        /// <summary>No record that is looked for starts here or later.</summary>
        public int High;
    }
}

/// <summary>A record of a segment, and where it lies.</summary>
internal readonly record struct SegmentPoint(int Position, long Offset, long Time);
