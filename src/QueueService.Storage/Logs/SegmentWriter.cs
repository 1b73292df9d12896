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

    private readonly Dictionary<LogId, SegmentTail> _tails = [];
    private readonly List<SegmentTail> _closedUnsynced = [];
    private readonly HashSet<string> _foldersToSync = [];
    private readonly HashSet<Segment> _started = [];
    private readonly byte[] _run = new byte[options.RunBytes + (64 << 10)];
    private int _used;
    private int _openFiles;
    private SegmentSyncFailedException? _failure;

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
                        Append(
                            log, view.Chunk.BaseOffset + i, view.Chunk.Time(i), view.Chunk.Payload(i, view), written);
            }

            if (_tails.TryGetValue(log, out SegmentTail? tail))
            {
                Flush(tail);
                written.Add((tail.Segment, tail.Extent));
            }

            _started.Clear();
            return written;
        }
        catch
        {
            // The next attempt writes new files: nothing of this one is ever shown.
            _used = 0;
            Close(log);
            DeleteStarted(SegmentFormat.FolderOf(log));
            throw;
        }
    }

    /// <summary>Lets go of a log: its next spill starts a new file.</summary>
    public void Close(LogId log)
    {
        if (!_tails.Remove(log, out SegmentTail? tail)) return;

        // A manifest that is being written may name these bytes: they still have to be synced.
        if (tail.IsDirty) _closedUnsynced.Add(tail);
        else CloseFile(tail);
    }

    /// <summary>A segment was written beside this: its name becomes durable with the next sync.</summary>
    public void NoteFolder(string folder) => _foldersToSync.Add(folder);

    /// <summary>Makes everything written so far durable, names included.</summary>
    /// <exception cref="SegmentSyncFailedException">Final like a failed sync of the journal: records that were spilled
    /// before are gone from memory, and the kernel has marked their lost pages clean. Only a replay of the journal
    /// brings them back.</exception>
    public void Sync()
    {
        // A second try would succeed, and work that waits in line behind the failed one must not take that for true.
        if (_failure is not null) throw _failure;
        try
        {
            SyncFiles();
        }
        catch (IOException cause)
        {
            throw _failure = new SegmentSyncFailedException(cause);
        }
    }

    public void Dispose()
    {
        foreach (SegmentTail tail in _tails.Values) CloseFile(tail);
        foreach (SegmentTail tail in _closedUnsynced) CloseFile(tail);
        _tails.Clear();
        _closedUnsynced.Clear();
    }

    private void SyncFiles()
    {
        List<SegmentTail> dirty = [.. _tails.Values.Where(static tail => tail.IsDirty)];
        if (dirty.Count + _closedUnsynced.Count + _foldersToSync.Count > MaxSingleSyncs)
        {
            files.SyncAll();
        }
        else
        {
            foreach (SegmentTail tail in dirty) tail.File!.Sync();
            foreach (SegmentTail tail in _closedUnsynced) tail.File!.Sync();
            foreach (string folder in _foldersToSync) files.SyncDirectory(folder);
        }

        foreach (SegmentTail tail in dirty) tail.IsDirty = false;
        foreach (SegmentTail tail in _closedUnsynced) CloseFile(tail);
        _closedUnsynced.Clear();
        _foldersToSync.Clear();
    }

    private void Append(
        LogId log, long offset, long time, ReadOnlySpan<byte> payload, List<(Segment, SegmentExtent)> written)
    {
        int bytes = SegmentFormat.RecordHeaderBytes + payload.Length;
        if (!_tails.TryGetValue(log, out SegmentTail? tail)) tail = Start(log, offset);
        if (tail.Position + _used + bytes > options.SegmentBytes && tail.Records > 0)
        {
            Flush(tail);
            written.Add((tail.Segment, tail.Extent));
            Close(log);
            tail = Start(log, offset);
        }

        if (_used + bytes > _run.Length) Flush(tail);
        int position = tail.Position + _used;
        if (bytes > _run.Length)
        {
            byte[] large = new byte[bytes];
            SegmentFormat.WriteRecord(large, tail.Segment.Salt, offset, time, payload);
            Write(tail, large);
        }
        else
        {
            _used += SegmentFormat.WriteRecord(_run.AsSpan(_used), tail.Segment.Salt, offset, time, payload);
        }

        tail.Note(offset, time, position, position + bytes);
        if (_used >= options.RunBytes) Flush(tail);
    }

    private SegmentTail Start(LogId log, long offset)
    {
        MakeRoom();
        string folder = SegmentFormat.FolderOf(log);
        files.CreateFolder(folder);
        _foldersToSync.Add(folder);
        _foldersToSync.Add(SegmentFormat.Folder);
        string path = SegmentFormat.PathOf(log, offset);

        // Only an attempt that failed can have left this name: its records were never shown.
        if (files.Exists(path)) files.Delete(path);
        uint salt = SegmentFormat.SaltOf(secret, log, offset);
        var extent = new SegmentExtent(SegmentFormat.HeaderBytes, offset, offset - 1, long.MinValue, 0);
        var tail = new SegmentTail(new Segment(handles, log, offset, salt, extent, isNew: true));
        _started.Add(tail.Segment);
        _tails.Add(log, tail);
        tail.File = files.Open(path, FileOpening.New);
        _openFiles++;
        Span<byte> header = stackalloc byte[SegmentFormat.HeaderBytes];
        SegmentFormat.WriteHeader(header, log, offset, salt);
        Write(tail, header);
        return tail;
    }

    private void Flush(SegmentTail tail)
    {
        if (_used == 0) return;
        Write(tail, _run.AsSpan(0, _used));
        _used = 0;
    }

    private void Write(SegmentTail tail, ReadOnlySpan<byte> bytes)
    {
        if (tail.File is null)
        {
            MakeRoom();
            tail.File = files.Open(tail.Segment.Path, FileOpening.Existing);
            _openFiles++;
        }

        tail.IsDirty = true;
        tail.File.Write(bytes, tail.Position);

        // Start the disk now, a run at a time: a checkpoint that flushes hundreds of MiB at once stalls the journal.
        tail.File.StartWriteback(tail.Position, bytes.Length);
        tail.Position += bytes.Length;
    }

    /// <summary>Every log has a tail, but not every tail has a file open: above the limit all are synced and closed,
    /// and each opens its file again when it has more to write.</summary>
    private void MakeRoom()
    {
        if (_openFiles < options.MaxOpenSegments) return;
        Sync();
        foreach (SegmentTail tail in _tails.Values) CloseFile(tail);
    }

    private void DeleteStarted(string folder)
    {
        foreach (SegmentTail tail in _closedUnsynced)
            if (_started.Contains(tail.Segment)) CloseFile(tail);
        _closedUnsynced.RemoveAll(tail => _started.Contains(tail.Segment));
        try
        {
            foreach (Segment segment in _started)
                if (files.Exists(segment.Path)) files.Delete(segment.Path);
            if (files.Exists(folder) && files.ListFiles(folder).Count == 0)
            {
                files.DeleteFolder(folder);
                _foldersToSync.Remove(folder);
            }
        }
        catch (IOException)
        {
            // The failure that led here is the one to report; the next recovery deletes what is left.
        }

        _started.Clear();
    }

    private void CloseFile(SegmentTail tail)
    {
        if (tail.File is null) return;
        tail.File.Dispose();
        tail.File = null;
        _openFiles--;
    }
}

/// <summary>A segment could not be synced: the store must stop.</summary>
internal sealed class SegmentSyncFailedException(IOException cause) : IOException(cause.Message, cause);
