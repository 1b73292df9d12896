using System.Buffers;
using QueueService.Storage.Tiering;

namespace QueueService.Storage.Logs;

/// <summary>What became of a read.</summary>
public enum ReadOutcome
{
    Found,

    /// <summary>Not in the log: dropped, or trimmed meanwhile.</summary>
    Absent,

    /// <summary>It was there, and its bytes are damaged. It is never served.</summary>
    Damaged,
}

/// <summary>
/// Reads records that are on disk, cheapest in rising order of offsets: one read of the file serves all records that it
/// brought. For one thread at a time; any thread.
/// </summary>
public sealed class SegmentReader : IDisposable
{
    /// <summary>Enough for one page of the index and a usual record.</summary>
    private const int SmallBlock = 8 << 10;
    private const int LargeBlock = 128 << 10;

    private byte[] _buffer = [];
    private Segment? _segment;
    private SegmentExtent? _extent;
    private int _start;
    private int _filled;
    private int _at;
    private bool _sequential;

    /// <summary>Finds one record. The payload is valid until the next call.</summary>
    public ReadOutcome Read(AppendLog log, long offset, out long time, out ReadOnlySpan<byte> payload) =>
        Read(log.FindSegment(offset), offset, out time, out payload);

    /// <summary>As above, from a file that was held when the log still had the record.</summary>
    public ReadOutcome Read(in HeldSegment held, long offset, out long time, out ReadOnlySpan<byte> payload) =>
        Read(held.Segment, offset, out time, out payload);

    internal ReadOutcome Read(Segment? segment, long offset, out long time, out ReadOnlySpan<byte> payload)
    {
        time = 0;
        payload = default;
        if (segment is null) return ReadOutcome.Absent;
        if (segment.Remote is not null)
            throw new ObjectStoreException("The record is in the object store, and was not fetched.");
        try
        {
            if (segment != _segment || !Covers(offset)) Seek(segment, offset);
            if (TryScanTo(offset, out int length, out time))
            {
                payload = _buffer.AsSpan(_at - _start + SegmentFormat.RecordHeaderBytes, length);
                _sequential = true;
                return ReadOutcome.Found;
            }

            ReadOutcome outcome = ReadCarefully(segment, offset, out time, out payload);
            if (outcome == ReadOutcome.Damaged && segment.IsCopy) throw LostCopy(segment, null);
            return outcome;
        }
        catch (FileNotFoundException missing)
        {
            if (segment.IsCopy) throw LostCopy(segment, missing);

            // Trimmed between the look-up and the opening.
            return ReadOutcome.Absent;
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _segment = null;
    }

    /// <summary>The record is whole where it came from, and is fetched from there the next time.</summary>
    private static ObjectStoreException LostCopy(Segment copy, Exception? cause)
    {
        copy.IsDamaged = true;
        return new ObjectStoreException("The local copy of a block is damaged.", cause);
    }

    /// <summary>The wanted record lies ahead in what has been read, or just behind it.</summary>
    private bool Covers(long offset) =>
        _filled - (_at - _start) >= SegmentFormat.RecordHeaderBytes
        && SegmentFormat.PeekRecord(_buffer.AsSpan(_at - _start)).Offset is long here
        && here <= offset && (_sequential || offset - here < 64);

    private void Seek(Segment segment, long offset)
    {
        _segment = segment;
        _extent = segment.Extent;
        using SegmentLease lease = segment.Acquire();
        _at = segment.FindOffset(lease.File, offset);
        Fill(lease, _at, SmallBlock);
    }

    /// <summary>Steps over records by their lengths, and checks only the wanted one: its crc covers its offset, so a
    /// wrong step cannot pass for it. Answers false when anything looks odd.</summary>
    private bool TryScanTo(long offset, out int length, out long time)
    {
        while (true)
        {
            if (!TryHold(SegmentFormat.RecordHeaderBytes)) break;
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_at - _start, _filled - (_at - _start));
            (length, long here, time) = SegmentFormat.PeekRecord(rest);
            if (here > offset || length < 0 || !TryHold(SegmentFormat.RecordHeaderBytes + (long)length)) break;
            if (here == offset)
            {
                rest = _buffer.AsSpan(_at - _start, _filled - (_at - _start));
                return SegmentFormat.IsRecord(rest, _segment!.Salt);
            }

            _at += SegmentFormat.RecordHeaderBytes + length;
        }

        length = 0;
        time = 0;
        return false;
    }

    /// <summary>Brings this many bytes from the current place on into memory.</summary>
    private bool TryHold(long bytes)
    {
        if (_at + bytes > _extent!.Length)
        {
            // The segment may have grown since it was opened.
            _extent = _segment!.Extent;
            if (_at + bytes > _extent.Length) return false;
        }

        if (_at - _start + bytes <= _filled) return true;
        using SegmentLease lease = _segment!.Acquire();
        Fill(lease, _at, (int)Math.Max(bytes, _sequential ? LargeBlock : SmallBlock));
        return _filled >= bytes;
    }

    private void Fill(in SegmentLease lease, int position, int bytes)
    {
        if (_buffer.Length < bytes)
        {
            if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(bytes);
        }

        int count =
            (int)Math.Min(Math.Min(_buffer.Length, Math.Max(bytes, SmallBlock)), (long)_extent!.Length - position);
        _start = position;
        _filled = lease.File.Read(_buffer.AsSpan(0, Math.Max(count, 0)), position);
    }

    /// <summary>From the index on, check every record: tells an absent one from a damaged one.</summary>
    private ReadOutcome ReadCarefully(Segment segment, long offset, out long time, out ReadOnlySpan<byte> payload)
    {
        using SegmentLease lease = segment.Acquire();
        SegmentExtent extent = segment.Extent;
        bool found = false;
        bool passed = false;
        long foundTime = 0;
        int length = 0;
        int damaged = SegmentScan.Visit(
            lease.File, extent, segment.Salt, segment.FindOffset(lease.File, offset), (_, here, hereTime, bytes) =>
            {
                passed = here > offset;
                if (here != offset) return !passed;
                if (_buffer.Length < bytes.Length) _buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
                bytes.CopyTo(_buffer);
                (found, foundTime, length) = (true, hereTime, bytes.Length);
                return false;
            });
        _segment = null;
        _filled = 0;
        _at = _start = 0;
        time = foundTime;
        payload = found ? _buffer.AsSpan(0, length) : default;
        if (found) return ReadOutcome.Found;
        return damaged > 0 ? ReadOutcome.Damaged : ReadOutcome.Absent;
    }
}
