using System.Buffers;
using QueueService.Storage.Files;

namespace QueueService.Storage.Logs;

/// <summary>Reads a segment record by record, checking each, and finds its way again after damage.</summary>
internal static class SegmentScan
{
    private const int BlockBytes = 256 << 10;

    /// <summary>Gets one good record at a time; answers false to stop.</summary>
    internal delegate bool RecordVisitor(int position, long offset, long time, ReadOnlySpan<byte> payload);

    /// <summary>Visits the good records from a position on; answers how many places were damaged.</summary>
    /// <param name="damage">Gets the byte position where each of them starts.</param>
    public static int Visit(
        IFile file, SegmentExtent extent, uint salt, int position, RecordVisitor visitor, Action<int>? damage = null)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            int damaged = 0;
            bool lost = false;
            long previous = -1;
            int start = position;
            int filled = Fill(file, extent, buffer, start);
            while (position < extent.Length)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(position - start, filled - (position - start));
                bool whole = rest.Length >= SegmentFormat.RecordHeaderBytes;
                (int length, long offset, long time) = whole ? SegmentFormat.PeekRecord(rest) : default;
                long needed = SegmentFormat.RecordHeaderBytes + (long)length;

                // The offset is checked before the bytes are fetched: after damage, garbage must not cost a read each.
                bool plausible = length >= 0 && position + needed <= extent.Length
                    && (!whole || (offset > previous && offset <= extent.LastOffset));
                if (plausible && needed > rest.Length)
                {
                    // The record goes beyond what is in memory: slide, growing for one larger than a block.
                    if (needed > buffer.Length) buffer = Grow(buffer, needed);
                    start = position;
                    filled = Fill(file, extent, buffer, start);
                    if (filled < needed) break;
                    continue;
                }

                if (plausible && SegmentFormat.IsRecord(rest, salt))
                {
                    lost = false;
                    previous = offset;
                    if (!visitor(position, offset, time, rest.Slice(SegmentFormat.RecordHeaderBytes, length))) break;
                    position += SegmentFormat.RecordHeaderBytes + length;
                    continue;
                }

                if (!lost)
                {
                    damaged++;
                    damage?.Invoke(position);
                }

                lost = true;
                position++;
            }

            return damaged;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The offsets of its records. Of records that are damaged some are among them, so that whoever reads on
    /// meets the damage and does not take it for a hole.</summary>
    public static OffsetSet ReadOffsets(IFile file, SegmentExtent extent, uint salt)
    {
        var offsets = new OffsetSet();
        bool lost = false;
        Visit(
            file, extent, salt, SegmentFormat.HeaderBytes,
            (_, offset, _, _) =>
            {
                long suspect = Math.Max(offsets.Last + 1, extent.FirstOffset);
                if (lost && suspect < offset) offsets.Add(suspect);
                lost = false;
                offsets.Add(offset);
                return true;
            },
            _ => lost = true);
        if (lost && offsets.Last + 1 < extent.LastOffset) offsets.Add(Math.Max(offsets.Last + 1, extent.FirstOffset));
        if (offsets.Last < extent.LastOffset) offsets.Add(extent.LastOffset);
        return offsets;
    }

    private static int Fill(IFile file, SegmentExtent extent, byte[] buffer, int start) =>
        file.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, (long)extent.Length - start)), start);

    private static byte[] Grow(byte[] buffer, long needed)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        return ArrayPool<byte>.Shared.Rent(checked((int)needed));
    }
}
