using QueueService.Storage.Files;

namespace QueueService.Storage.Logs;

/// <summary>
/// Appends runs of records to the newest segment of each log. Used by the background writer only; what it wrote is
/// shown to readers by the loop, when the whole spill is done.
/// </summary>
internal sealed class SegmentWriter(IFileSystem files, SegmentFiles handles, StorageOptions options, ulong secret)
    : IDisposable
{
    /// <summary>Above this many files one syncfs is cheaper than a sync each.</summary>
    private const int MaxSingleSyncs = 64;

    private readonly Dictionary<LogId, Tail> _tails = [];
    private readonly HashSet<string> _foldersToSync = [];
    private readonly byte[] _run = new byte[options.RunBytes + (64 << 10)];
    private int _used;

    /// <summary>Writes the live records of these chunks; answers the segments that they are in.</summary>
    public List<(Segment Segment, SegmentExtent Extent)> Append(LogId log, List<ChunkView> chunks)
    {
        var written = new List<(Segment, SegmentExtent)>();
        try
        {
            foreach (ChunkView view in chunks)
            {
                foreach ((int first, int count) in view.Live)
                    for (int i = first; i < first + count; i++)
                        Append(log, view.Chunk.BaseOffset + i, view.Chunk.Time(i), view.Chunk.Payload(i, view), written);
            }

            if (_tails.TryGetValue(log, out Tail? tail))
            {
                Flush(tail);
                written.Add((tail.Segment, tail.Extent));
            }

            return written;
        }
        catch
        {
            // Try again in a new file: nothing of this attempt is ever shown.
            _used = 0;
            Close(log);
            throw;
        }
    }

    /// <summary>Lets go of a log: its next spill starts a new file.</summary>
    public void Close(LogId log)
    {
        if (_tails.Remove(log, out Tail? tail)) tail.File.Dispose();
    }

    /// <summary>Makes everything written so far durable, names included.</summary>
    public void Sync()
    {
        List<Tail> dirty = [.. _tails.Values.Where(static tail => tail.Dirty)];
        if (dirty.Count > MaxSingleSyncs) SyncAll();
        else foreach (Tail tail in dirty) Sync(tail.File);
        foreach (Tail tail in dirty) tail.Dirty = false;
        if (_foldersToSync.Count > MaxSingleSyncs) files.SyncAll();
        else foreach (string folder in _foldersToSync) files.SyncDirectory(folder);
        _foldersToSync.Clear();
    }

    public void Dispose()
    {
        foreach (Tail tail in _tails.Values) tail.File.Dispose();
        _tails.Clear();
    }

    /// <summary>A failed sync of a segment is final like one of the journal: chunks that were spilled before are gone
    /// from memory, and the kernel has marked their lost pages clean. Only a replay of the journal brings them back.
    /// </summary>
    private static void Sync(IFile file)
    {
        try
        {
            file.Sync();
        }
        catch (IOException cause)
        {
            throw new SegmentSyncFailedException(cause);
        }
    }

    private void SyncAll()
    {
        try
        {
            files.SyncAll();
        }
        catch (IOException cause)
        {
            throw new SegmentSyncFailedException(cause);
        }
    }

    private void Append(
        LogId log, long offset, long time, ReadOnlySpan<byte> payload, List<(Segment, SegmentExtent)> written)
    {
        int bytes = SegmentFormat.RecordHeaderBytes + payload.Length;
        if (!_tails.TryGetValue(log, out Tail? tail)) tail = Start(log, offset);
        if (tail.Position + _used + bytes > options.SegmentBytes && tail.Records > 0)
        {
            Flush(tail);
            written.Add((tail.Segment, tail.Extent));
            Sync(tail.File);
            Close(log);
            tail = Start(log, offset);
        }

        if (_used + bytes > _run.Length) Flush(tail);
        int position = tail.Position + _used;
        if (bytes > _run.Length)
        {
            byte[] large = new byte[bytes];
            SegmentFormat.WriteRecord(large, tail.Segment.Salt, offset, time, payload);
            tail.File.Write(large, tail.Position);
            tail.Position += bytes;
            tail.Dirty = true;
        }
        else
        {
            _used += SegmentFormat.WriteRecord(_run.AsSpan(_used), tail.Segment.Salt, offset, time, payload);
        }

        tail.Note(offset, time, position, position + bytes);
        if (_used >= options.RunBytes) Flush(tail);
    }

    private Tail Start(LogId log, long offset)
    {
        string folder = SegmentFormat.FolderOf(log);
        files.CreateFolder(folder);
        string path = SegmentFormat.PathOf(log, offset);

        // Only an attempt that failed can have left this name: its records were never shown.
        if (files.Exists(path)) files.Delete(path);
        IFile file = files.Open(path, FileOpening.New);
        uint salt = SegmentFormat.SaltOf(secret, log, offset);
        Span<byte> header = stackalloc byte[SegmentFormat.HeaderBytes];
        SegmentFormat.WriteHeader(header, log, offset, salt);
        file.Write(header, 0);
        _foldersToSync.Add(folder);
        _foldersToSync.Add(SegmentFormat.Folder);
        var extent = new SegmentExtent(SegmentFormat.HeaderBytes, offset, offset - 1, long.MinValue, 0);
        var tail = new Tail(new Segment(handles, log, offset, salt, extent, isNew: true), file);
        _tails.Add(log, tail);
        return tail;
    }

    private void Flush(Tail tail)
    {
        if (_used == 0) return;
        tail.File.Write(_run.AsSpan(0, _used), tail.Position);

        // Start the disk now, a run at a time: a checkpoint that flushes hundreds of MiB at once stalls the journal.
        tail.File.StartWriteback(tail.Position, _used);
        tail.Position += _used;
        tail.Dirty = true;
        _used = 0;
    }

    private sealed class Tail(Segment segment, IFile file)
    {
        private int _nextIndexed;
        private int _end = SegmentFormat.HeaderBytes;
        private long _lastOffset = segment.BaseOffset - 1;
        private long _maxTime = long.MinValue;

        public Segment Segment => segment;

        public IFile File => file;

        public int Records { get; private set; }

        public SegmentExtent Extent => new(_end, segment.BaseOffset, _lastOffset, _maxTime, Records);

        public int Position { get; set; } = SegmentFormat.HeaderBytes;

        public bool Dirty { get; set; } = true;

        public void Note(long offset, long time, int position, int end)
        {
            _end = end;
            _lastOffset = offset;
            _maxTime = Math.Max(_maxTime, time);
            Records++;
            if (position < _nextIndexed) return;
            segment.Index(file).Add(offset, _maxTime, position);
            _nextIndexed = position + SparseIndex.Spacing;
        }
    }
}

/// <summary>A segment could not be synced: the store must stop.</summary>
internal sealed class SegmentSyncFailedException(IOException cause) : IOException(cause.Message, cause);
