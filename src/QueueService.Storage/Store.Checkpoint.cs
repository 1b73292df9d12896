using QueueService.Storage.Checkpoints;
using QueueService.Storage.Logs;

namespace QueueService.Storage;

/// <summary>
/// Checkpoints, in four stages spread over turns: spill what fills runs, capture the resources a slice at a time, let
/// the background writer sync it all and write the manifest, recycle the journal. Two generations are kept, and the
/// journal back to the older one.
/// </summary>
public sealed partial class Store
{
    /// <summary>Between checkpoints that are meant to free space.</summary>
    private const long UrgentIntervalMilliseconds = 1_000;

    /// <summary>Spares kept when the journal is recycled: what one checkpoint interval uses.</summary>
    private const int SparesKept = 4;

    private readonly List<(Segment Segment, long Generation)> _obsolete = [];
    private Stage _stage = Stage.Idle;
    private Manifest? _newest;
    private Manifest? _previous;
    private SnapshotWriter? _snapshot;
    private long _generation;
    private long _lastCheckpoint;
    private long _bytesAtCheckpoint;
    private ulong _sequenceAtCheckpoint;
    private ulong _captured;
    private long _captureAfter;
    private int _slicesInFlight;
    private bool _checkpointFailed;
    private bool _checkpointOwed;
    private bool _hasCheckpointed;
    private bool _closing;
    private List<SegmentEntry> _entries = [];

    private enum Stage
    {
        Idle,
        Spilling,
        Capturing,
        Finishing,
    }

    /// <summary>Writes a whole checkpoint before it returns.</summary>
    public void CheckpointNow(long time, bool clean = false)
    {
        ThrowIfFailed();
        _now = Math.Max(_now, time);
        long before = Checkpoints;
        DrainCheckpoint();
        if (Checkpoints > before && !clean) return;
        _closing = clean;
        StartCheckpoint();
        DrainCheckpoint();
        _closing = false;
    }

    private void DrainCheckpoint()
    {
        while (_stage != Stage.Idle)
        {
            TakeDone();
            StepCheckpoint();
            if (_stage != Stage.Idle) _background.WaitForProgress();
        }
    }

    private void StepCheckpoint()
    {
        if (_stage == Stage.Idle && CheckpointDue()) StartCheckpoint();
        if (_stage == Stage.Spilling && _spillsInFlight == 0) StartCapture();
        if (_stage == Stage.Capturing) CaptureSlice();
    }

    private bool CheckpointDue()
    {
        if (_now < _retryAt) return false;
        if (_checkpointOwed) return true;

        // On a full disk the files that nobody needs are the way out, and only checkpoints find and release them.
        long elapsed = _now - _lastCheckpoint;
        bool changed = _journal.NextSequence != _sequenceAtCheckpoint || _rewrittenSince > 0 || AwaitsDeletion;
        bool frees = changed || _obsolete.Count > 0 || _journalFiles.LiveCount > 1;
        if (DiskFull && elapsed >= UrgentIntervalMilliseconds && frees) return true;

        // Many short lives leave many files, each with little in it: the next of them begins with a checkpoint.
        bool urgent = elapsed >= UrgentIntervalMilliseconds || !_hasCheckpointed;
        if (urgent && _journalFiles.LiveBytes > _options.MaxJournalBytes / 2) return true;
        if (_journal.BytesWritten - _bytesAtCheckpoint >= _options.CheckpointJournalBytes) return true;
        return changed && elapsed >= _options.CheckpointIntervalMilliseconds;
    }

    private void StartCheckpoint()
    {
        _stage = Stage.Spilling;
        _hasCheckpointed = true;
        _lastCheckpoint = _now;
        _bytesAtCheckpoint = _journal.BytesWritten;
        _sequenceAtCheckpoint = _journal.NextSequence;
        _checkpointFailed = false;
        _checkpointOwed = false;
        SpillFullRuns();
    }

    private void StartCapture()
    {
        _stage = Stage.Capturing;
        _generation++;
        _captured = _journal.NextSequence - 1;
        _captureAfter = -1;
        _entries = [];
        _slicesInFlight = 0;
        _background.Enqueue(new OpenSnapshot(this, _generation));
    }

    /// <summary>Copies the state of some resources, and holds their records that ride along.</summary>
    private void CaptureSlice()
    {
        if (_slicesInFlight >= 4) return;

        // What a snapshot says happened must be in the journal too.
        if (_journal.HasUnsynced) _journal.SyncPending();
        var slice = new SliceJob(this);
        int bytes = 0;
        uint resource = 0;
        while (bytes < _options.SliceBytes && _fold.TryNextResource(_captureAfter, out resource))
        {
            _captureAfter = resource;
            foreach (AppendLog log in _logsByResource.GetValueOrDefault(resource) ?? []) slice.Add(CaptureLog(log));
            int before = slice.State.Length;
            _fold.Capture(resource, slice.State);
            int length = slice.State.Length - before;
            slice.Add(resource, _journal.NextSequence - 1, length);
            bytes += length + 64;
        }

        slice.IsLast = bytes < _options.SliceBytes;
        _slicesInFlight++;
        _background.Enqueue(slice);
        if (!slice.IsLast) return;
        _stage = Stage.Finishing;
        _background.Enqueue(new FinishJob(this, new Manifest(
            _generation, Incarnation, Secret, _captured, _journal.NextSequence - 1, _now, _closing, 0, _entries)));
    }

    private CapturedLog CaptureLog(AppendLog log)
    {
        Segment[] dead = [.. log.Segments.Where(segment =>
            !log.SpillInFlight && _fold.NextLive(log.Id, segment.BaseOffset) > segment.Extent.LastOffset)];
        if (dead.Length > 0)
        {
            // The generation being captured does not name them any more; the one before does.
            bool newest = dead[^1] == log.Segments[^1];
            log.RemoveSegments(dead);
            Retire(log, dead, _generation - 1, newest);
        }

        foreach (Segment segment in log.Segments)
        {
            SegmentExtent extent = segment.Extent;
            _entries.Add(new SegmentEntry(
                log.Id, segment.BaseOffset, extent.Length, extent.LastOffset, extent.MaxTime, extent.Records)
            {
                Remote = segment.Remote,
                Generation = segment.Generation, CleanedAt = segment.CleanedAt, Tombstones = segment.Tombstones,
            });
        }

        var riders = new List<ChunkView>();
        foreach (TailChunk chunk in log.Chunks)
            if (chunk.State != ChunkState.Spilled) riders.Add(chunk.View(LiveRanges(log, chunk)));
        return new CapturedLog(log.Id, log.End, riders);
    }

    private void CompleteSlice(SliceJob slice)
    {
        _slicesInFlight--;
        slice.Abandon();
        if (slice.Failure is null) return;
        _checkpointFailed = true;
        BackgroundFailed(slice.Failure);
    }

    private void CompleteCheckpoint(FinishJob job)
    {
        _stage = Stage.Idle;
        if (job.Failure is not null || _checkpointFailed)
        {
            if (job.Failure is not null) BackgroundFailed(job.Failure);
            _checkpointOwed = true;
            return;
        }

        Checkpoints++;
        if (_rewrittenSince > 0) _rewrittenSince--;
        Manifest? dropped = _previous;
        _previous = _newest;
        _newest = job.Manifest;
        var dead = new HashSet<Segment>();
        if (_previous is not null)
        {
            _obsolete.RemoveAll(item =>
            {
                if (item.Generation >= _previous.Generation || item.Segment.IsHeld) return false;
                dead.Add(item.Segment);
                return true;
            });
        }

        foreach (Segment segment in dead) _handles.Retire(segment);
        if (_previous is not null)
        {
            _background.Enqueue(new DeleteJob(
                _files, _journalFiles, _previous.Captured + 1, DiskFull ? SparesWanted : SparesKept,
                dropped?.Generation, DiscardObjects(dead)));
        }

        // Here and not when no checkpoint is due: on a full disk the next one is due at once.
        if (DiskFull) PrepareSpace();
    }

    private sealed record CapturedLog(LogId Id, long End, List<ChunkView> Riders);
}
