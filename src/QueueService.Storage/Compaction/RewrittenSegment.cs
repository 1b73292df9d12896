using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Compaction;

/// <summary>A segment that takes the place of others, while it is written. Nobody reads it before it is
/// finished.</summary>
internal sealed class RewrittenSegment : IDisposable
{
    private readonly IFileSystem _files;
    private readonly SegmentTail _tail;
    private readonly OffsetSet _offsets = new();
    private readonly byte[] _run;
    private int _used;

    /// <param name="run">Gathers writes; one segment at a time uses it.</param>
    public RewrittenSegment(IFileSystem files, Segment segment, byte[] run)
    {
        _files = files;
        _run = run;
        Segment = segment;
        _tail = new SegmentTail(segment);

        // Only an attempt that failed can have left this name: nothing ever showed it.
        if (files.Exists(segment.Path)) files.Delete(segment.Path);
        _tail.File = files.Open(segment.Path, FileOpening.New);
        SegmentFormat.WriteHeader(run, segment.Log, segment.BaseOffset, segment.Salt);
        _used = SegmentFormat.HeaderBytes;
    }

    public Segment Segment { get; }

    public int Records => _tail.Records;

    /// <summary>Of the file so far.</summary>
    public long Length => _tail.Position + (long)_used;

    public void Append(long offset, long time, ReadOnlySpan<byte> payload)
    {
        int bytes = SegmentFormat.RecordHeaderBytes + payload.Length;
        if (_used + bytes > _run.Length) Flush();
        int position = _tail.Position + _used;
        if (bytes > _run.Length)
        {
            byte[] large = new byte[bytes];
            SegmentFormat.WriteRecord(large, Segment.Salt, offset, time, payload);
            Write(large);
        }
        else
        {
            _used += SegmentFormat.WriteRecord(_run.AsSpan(_used), Segment.Salt, offset, time, payload);
        }

        _tail.Note(offset, time, position, position + bytes);
        _offsets.Add(offset);
    }

    /// <summary>Makes its bytes durable. Its name is durable with the next checkpoint, which names it.</summary>
    public void Finish()
    {
        Flush();
        _tail.File!.Sync();
        Segment.Publish(_tail.Extent);
        Segment.Offsets = _offsets;
        Dispose();
    }

    /// <summary>Leaves no file, unless the disk does not even delete: then the next recovery does.</summary>
    public void Discard()
    {
        Dispose();
        try
        {
            if (_files.Exists(Segment.Path)) _files.Delete(Segment.Path);
        }
        catch (IOException)
        {
            // The failure that led here is the one to report.
        }
    }

    public void Dispose()
    {
        _tail.File?.Dispose();
        _tail.File = null;
    }

    /// <summary>Another segment may use the run.</summary>
    public void Flush()
    {
        if (_used > 0) Write(_run.AsSpan(0, _used));
        _used = 0;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _tail.File!.Write(bytes, _tail.Position);

        // The disk begins now: a sync of 64 MiB at once would stall the journal.
        _tail.File.StartWriteback(_tail.Position, bytes.Length);
        _tail.Position += bytes.Length;
    }
}
