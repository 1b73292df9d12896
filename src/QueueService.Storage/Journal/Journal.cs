using QueueService.Storage.Files;

namespace QueueService.Storage.Journaling;

/// <summary>
/// The writer's end of the journal: gathers frames into one batch and makes the batch durable with one write and one
/// fdatasync. Used by one thread.
/// </summary>
/// <remarks>
/// At most one batch is not synced, unless a batch was committed without a sync on purpose (weaker durability levels).
/// The first failure is final: it is kept and thrown to every later caller, and only a restart clears it, because after
/// a failed fsync nobody knows what is on the disk.
/// </remarks>
internal sealed class Journal : IDisposable
{
    private readonly JournalFiles _files;
    private readonly uint _incarnation;
    private readonly ulong _secret;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(1 << 20, pinned: true);
    private int _used = JournalFormat.BatchHeaderBytes;
    private int _frameStart;
    private int _frames;
    private long _time;
    private IFile _file;
    private ulong _fileNumber;
    private uint _salt;
    private long _position;
    private uint _previousCrc;
    private StoreFailedException? _failure;

    /// <summary>Starts a new file: recovery never writes into one that it may have cut.</summary>
    public Journal(JournalFiles files, JournalEnd end, uint incarnation, ulong secret)
    {
        _files = files;
        _incarnation = incarnation;
        _secret = secret;
        _fileNumber = end.FileNumber;
        _previousCrc = end.Crc;
        NextSequence = end.NextSequence;
        DurableSequence = end.NextSequence - 1;
        _file = StartFile();
    }

    /// <summary>The sequence of the next frame.</summary>
    public ulong NextSequence { get; private set; }

    /// <summary>The last sequence that a sync covers.</summary>
    public ulong DurableSequence { get; private set; }

    /// <summary>Bytes gathered since <see cref="BeginBatch"/>.</summary>
    public int BatchBytes => _used;

    public bool HasFrames => _frames > 0;

    /// <summary>Bytes written since the start of this process.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Something was written that no sync covers yet.</summary>
    public bool HasUnsynced => DurableSequence + 1 < NextSequence - (ulong)_frames;

    public StoreFailedException? Failure => _failure;

    /// <summary>A batch of this size can be committed without allocating disk space.</summary>
    public bool HasRoomFor(int bytes)
    {
        int padded = JournalFormat.RoundUpToPage(bytes);
        return _position + padded <= _files.FileBytes
            || (_files.SpareCount > 0 && JournalFormat.PageBytes + padded <= _files.FileBytes);
    }

    public void BeginBatch(long time)
    {
        ThrowIfFailed();
        _time = time;
        _used = JournalFormat.BatchHeaderBytes;
        _frames = 0;
    }

    public void BeginFrame()
    {
        EnsureSpace(JournalFormat.FrameHeaderBytes);
        _frameStart = _used;
        _used += JournalFormat.FrameHeaderBytes;
    }

    /// <summary>Room for one record of the open frame; the span is valid until the next call.</summary>
    public Span<byte> AddRecord(uint resource, byte type, int length)
    {
        EnsureSpace(JournalFormat.RecordHeaderBytes + length);
        JournalFormat.WriteRecordHeader(_buffer.AsSpan(_used), resource, type, length);
        Span<byte> payload = _buffer.AsSpan(_used + JournalFormat.RecordHeaderBytes, length);
        _used += JournalFormat.RecordHeaderBytes + length;
        return payload;
    }

    /// <summary>Closes the frame; answers its sequence. The crc follows at the commit, in one pass over the batch.
    /// </summary>
    public ulong EndFrame()
    {
        BitConverter.TryWriteBytes(
            _buffer.AsSpan(_frameStart), _used - _frameStart - JournalFormat.FrameHeaderBytes);
        _frames++;
        return NextSequence++;
    }

    /// <summary>One write and, when asked, one sync. After it every frame of the batch is durable.</summary>
    /// <exception cref="StoreFailedException">The disk failed, now or before.</exception>
    public void Commit(bool sync)
    {
        ThrowIfFailed();
        if (_frames == 0) return;
        try
        {
            int bytes = JournalFormat.RoundUpToPage(_used);
            if (_position + bytes > _files.FileBytes) Roll();
            Seal(bytes);
            _file.Write(_buffer.AsSpan(0, bytes), _position);
            _position += bytes;
            BytesWritten += bytes;
            _frames = 0;
            if (sync) SyncWritten();
        }
        catch (IOException cause)
        {
            throw Fail(cause);
        }

        if (_buffer.Length > 8 << 20) _buffer = GC.AllocateUninitializedArray<byte>(4 << 20, pinned: true);
        _used = JournalFormat.BatchHeaderBytes;
    }

    /// <summary>Syncs what was committed without a sync.</summary>
    public void SyncPending()
    {
        ThrowIfFailed();
        try
        {
            SyncWritten();
        }
        catch (IOException cause)
        {
            throw Fail(cause);
        }
    }

    /// <summary>Poisons the journal for a failure elsewhere that leaves durable state unknown.</summary>
    public StoreFailedException Fail(Exception cause) =>
        _failure ??= new StoreFailedException($"The store failed: {cause.Message}", cause);

    public void Dispose() => _file.Dispose();

    /// <summary>Syncs the batches that were written; frames that are still being gathered are not among them.</summary>
    private void SyncWritten()
    {
        _file.Sync();
        DurableSequence = NextSequence - (ulong)_frames - 1;
    }

    private void Seal(int bytes)
    {
        Span<byte> batch = _buffer.AsSpan(0, bytes);
        ulong sequence = NextSequence - (ulong)_frames;
        var header = new BatchHeader(
            sequence, DurableSequence, _time, _incarnation, _used - JournalFormat.BatchHeaderBytes, _previousCrc);
        for (int at = JournalFormat.BatchHeaderBytes; at < _used;)
        {
            int length = JournalFormat.FrameHeaderBytes + BitConverter.ToInt32(batch[at..]);
            _previousCrc = JournalFormat.SealFrame(
                batch.Slice(at, length), _salt, sequence++, _incarnation, _previousCrc);
            at += length;
        }

        JournalFormat.WriteBatchHeader(batch, _salt, header);
        batch[_used..].Clear();
    }

    private void Roll()
    {
        // Frames of the old file must be durable before a file exists whose header says that they are.
        if (HasUnsynced) SyncWritten();
        _file.Dispose();
        _file = StartFile();
    }

    private IFile StartFile()
    {
        _fileNumber++;
        _salt = Checksum.Salt(_secret, (_fileNumber << 20) ^ _incarnation);
        _position = JournalFormat.PageBytes;
        if (_files.SpareCount == 0) _files.PrepareSpare();
        return _files.Activate(new JournalFileHeader(
            _fileNumber, NextSequence - (ulong)_frames, _incarnation, _previousCrc, _salt, _secret));
    }

    private void EnsureSpace(int bytes)
    {
        // One page more than needed: the padding of the commit.
        int needed = _used + bytes + JournalFormat.PageBytes;
        if (needed <= _buffer.Length) return;
        byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(needed, _buffer.Length * 2), pinned: true);
        _buffer.AsSpan(0, _used).CopyTo(larger);
        _buffer = larger;
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure) throw failure;
    }
}

/// <summary>Where the valid journal ends: the next frame's sequence and the crc that it must name.</summary>
/// <param name="UnprovenFrom">From here on no later batch says that the last file's bytes are durable.</param>
/// <param name="UnprovenTo">Where the last valid frame's page ends.</param>
/// <param name="TornBytes">Bytes of frames that the last file's last batch lacks: it was cut there.</param>
internal readonly record struct JournalEnd(
    ulong FileNumber, ulong NextSequence, uint Crc, long Time, long UnprovenFrom = 0, long UnprovenTo = 0,
    int TornBytes = 0);
