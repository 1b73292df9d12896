using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;
using QueueService.Storage.Journaling;
using QueueService.Storage.Logs;

namespace QueueService.Storage;

/// <summary>
/// One shard's storage: a journal that makes commands durable, logs that make their bytes readable by offset, and
/// checkpoints that keep the journal short. Owned by one thread; only <see cref="SegmentReader"/> works on others.
/// </summary>
/// <remarks>
/// One turn of the owner: <see cref="BeginBatch"/>, for each command <see cref="BeginFrame"/>, <see cref="AddRecord"/>
/// (and apply the record), <see cref="EndFrame"/>; then <see cref="Commit"/>, the replies, and <see cref="Housekeep"/>.
/// </remarks>
public sealed partial class Store : IDisposable
{
    private readonly IFileSystem _files;
    private readonly StorageOptions _options;
    private readonly IFold _fold;
    private readonly TailCache _cache;
    private readonly SegmentFiles _handles;
    private readonly Background _background;
    private readonly IDisposable _lock;
    private readonly Dictionary<LogId, AppendLog> _logs = [];
    private readonly SortedDictionary<uint, List<AppendLog>> _logsByResource = [];
    private JournalFiles _journalFiles = null!;
    private Journal _journal = null!;
    private SegmentWriter _segmentWriter = null!;
    private bool _isDisposed;

    private Store(IFileSystem files, StorageOptions options, IFold fold, Action wake)
    {
        _files = files;
        _options = options;
        _fold = fold;
        _lock = files.LockExclusively();
        _cache = new TailCache(options.TailCacheBytes);
        _handles = new SegmentFiles(files, options.MaxOpenSegments);
        _background = new Background(options.SingleThreaded, wake);
    }

    /// <summary>Rises durably with each start.</summary>
    public uint Incarnation { get; private set; }

    /// <summary>Known to this store only; seeds checksums, seals receipts.</summary>
    public ulong Secret { get; private set; }

    /// <summary>The shard time of the last durable batch; 0 for a new store.</summary>
    public long RecoveredTime { get; private set; }

    /// <summary>The last process did not close the store: what was not synced may be lost.</summary>
    public bool WasUnclean { get; private set; }

    /// <summary>Frames replayed and their bytes, for the log line of the start.</summary>
    public (long Frames, long Bytes) Replayed { get; private set; }

    /// <summary>The sequence that the next frame gets.</summary>
    public ulong NextSequence => _journal.NextSequence;

    /// <summary>Bytes gathered for the current commit.</summary>
    public int BatchBytes => _journal.BatchBytes;

    /// <summary>Something was committed that no sync covers yet.</summary>
    public bool HasUnsynced => _journal.HasUnsynced;

    /// <summary>Only the reserve is left: refuse what adds data. Clears itself when there is space again.</summary>
    public bool DiskFull { get; private set; }

    /// <summary>The checkpoint cannot keep up: refuse new work.</summary>
    public bool JournalFull => _journalFiles.LiveBytes >= _options.MaxJournalBytes;

    /// <summary>Why the store takes nothing more; null while it works.</summary>
    public StoreFailedException? Failure => _journal.Failure;

    /// <summary>The disk is slower than the senders, or fails: refuse what adds data.</summary>
    public bool MemoryFull => _cache.FarOverBudget;

    /// <summary>Something was written since the last checkpoint began, so <see cref="Housekeep"/> has work to come.
    /// </summary>
    public bool CheckpointPending =>
        _journal.NextSequence != _sequenceAtCheckpoint || _stage != Stage.Idle || _checkpointOwed
        || DiskFull || AwaitsDeletion || _compaction is not null || _rewrittenSince > 0;

    /// <summary>Bytes of native memory that recent records take.</summary>
    public long CacheBytes => _cache.UsedBytes;

    /// <summary>Completed checkpoints of this process.</summary>
    public long Checkpoints { get; private set; }

    /// <summary>A commit of this size needs no new disk space. When false, commit nothing.</summary>
    public bool HasRoomFor(int bytes) => _journal.HasRoomFor(bytes);

    /// <summary>Starts a commit. The time goes into its header and is what recovery continues from.</summary>
    public void BeginBatch(long time)
    {
        _journal.BeginBatch(time);
        _now = time;
    }

    /// <summary>Starts a frame: what follows until <see cref="EndFrame"/> is durable as a whole or not at all.
    /// </summary>
    public void BeginFrame() => _journal.BeginFrame();

    /// <summary>Room for one record; the span is valid until the next call.</summary>
    public Span<byte> AddRecord(uint resource, byte type, int length) => _journal.AddRecord(resource, type, length);

    public ulong EndFrame() => _journal.EndFrame();

    /// <summary>Writes the batch and, when asked, syncs it. After it everything in the batch is durable.</summary>
    /// <exception cref="StoreFailedException">The disk failed; nothing is accepted until a restart.</exception>
    public void Commit(bool sync) => _journal.Commit(sync);

    /// <summary>Syncs what was committed without a sync.</summary>
    public void SyncPending() => _journal.SyncPending();

    /// <summary>The log, created empty when there is none.</summary>
    public AppendLog OpenLog(LogId id)
    {
        if (_logs.TryGetValue(id, out AppendLog? log)) return log;
        return AddLog(new AppendLog(id, _cache, [], 0));
    }

    /// <summary>Forgets a log. Its files go when no checkpoint names them any more, so its id must never be given to
    /// another log: the new one would write over them.</summary>
    public void DeleteLog(LogId id)
    {
        if (!_logs.Remove(id, out AppendLog? log)) return;
        List<AppendLog> siblings = _logsByResource[id.Resource];
        siblings.Remove(log);
        if (siblings.Count == 0) _logsByResource.Remove(id.Resource);
        _cache.LogsToSpill.Remove(log);
        log.Deleted = true;
        Retire(log, log.Segments, _generation);
        log.Release();
    }

    /// <summary>Closes the files, after a last checkpoint unless the store failed.</summary>
    public void Close(long time)
    {
        try
        {
            EndCompaction(new OperationCanceledException("The store is closed."));
            if (Failure is null) CheckpointNow(time, clean: true);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Lets go of the files as they are, as a crash would.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _background.Dispose();
        _compaction?.Dispose();
        _journal?.Dispose();
        _segmentWriter?.Dispose();
        _snapshot?.Dispose();
        _handles.Dispose();
        (Tier as IDisposable ?? _options.Tier?.Objects)?.Dispose();
        foreach (AppendLog log in _logs.Values) log.Release();
        _logs.Clear();
        _cache.Dispose();
        _lock.Dispose();
    }

    private AppendLog AddLog(AppendLog log)
    {
        _logs.Add(log.Id, log);
        if (!_logsByResource.TryGetValue(log.Id.Resource, out List<AppendLog>? siblings))
            _logsByResource.Add(log.Id.Resource, siblings = []);
        siblings.Add(log);
        return log;
    }
}
