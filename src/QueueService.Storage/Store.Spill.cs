using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage;

/// <summary>Moves records from memory to segments, and takes back what nobody needs.</summary>
public sealed partial class Store
{
    /// <summary>How long to wait before a failed write is tried again, in milliseconds of shard time.</summary>
    private const long RetryMilliseconds = 1_000;

    /// <summary>Writes of less than a run that are handed over at once: some milliseconds of the writer.</summary>
    private const int MaxSmallSpills = 128;

    private readonly Queue<(AppendLog Log, TailChunk Chunk)> _clean = new();
    private readonly List<AppendLog> _spillPlan = [];
    private readonly Queue<AppendLog> _pressed = new();
    private int _spillsInFlight;
    private long _retryAt;
    private long _now;

    /// <summary>Does what is due beside the commits: takes over finished background work, frees memory, moves a
    /// checkpoint one bounded step on. Call it once per turn, after the replies.</summary>
    /// <exception cref="StoreFailedException">Background work failed for good.</exception>
    public void Housekeep(long time)
    {
        _now = Math.Max(_now, time);
        TakeDone();
        if (_cache.OverBudget) RelievePressure();
        PrepareJournal();
        StepCheckpoint();
        StepCompaction();
        while (_cache.FarOverBudget)
        {
            // Memory is bounded even when the disk is slower than the senders: now they wait for it.
            RelievePressure();
            if (_spillsInFlight == 0) break;
            _background.WaitForProgress();
            TakeDone();
        }
    }

    /// <summary>Takes over finished background work. Nothing goes on after a failure: memory holds frames that the disk
    /// may not have, and a checkpoint would make them last.</summary>
    private void TakeDone()
    {
        ThrowIfFailed();
        while (_background.TryTakeDone(out BackgroundJob? job)) job!.Complete(this);
        ThrowIfFailed();
    }

    private void ThrowIfFailed()
    {
        if (_journal?.Failure is { } failure) throw failure;
    }

    private void RelievePressure()
    {
        EvictClean();
        if (!_cache.OverBudget || _now < _retryAt || _spillsInFlight > 0) return;
        SpillFullRuns();
        if (_spillsInFlight > 0) return;

        // No log has a run of its own: memory is a hard bound and the run is only a preference.
        StartSmallSpills();
        if (_spillsInFlight > 0) return;

        // The rest of the plan was done with already.
        PlanSmallSpills();
        StartSmallSpills();
    }

    private void StartSmallSpills()
    {
        while (_spillsInFlight < MaxSmallSpills && _pressed.TryDequeue(out AppendLog? log))
        {
            if (log.Deleted) continue;
            log.SealActive();
            StartSpill(log, minimum: 1);
        }
    }

    /// <summary>The largest first, and each once before one of them comes again: a thousand logs that grow alike have a
    /// few pages to write each. Those that hold little are left alone: they would have a file for nothing.</summary>
    private void PlanSmallSpills()
    {
        List<(long Bytes, AppendLog Log)> logs = [];
        long sum = 0;
        foreach (AppendLog log in _logs.Values)
        {
            long bytes = log.UnspilledBytes();
            if (bytes == 0) continue;
            logs.Add((bytes, log));
            sum += bytes;
        }

        logs.Sort(static (a, b) => b.Bytes.CompareTo(a.Bytes));
        foreach ((long bytes, AppendLog log) in logs)
            if (bytes * logs.Count * 4 >= sum) _pressed.Enqueue(log);
    }

    private void EvictClean()
    {
        while (_cache.OverBudget && _clean.TryDequeue(out (AppendLog Log, TailChunk Chunk) oldest))
            oldest.Log.Evict(oldest.Chunk);
    }

    private void Remember(AppendLog log, TailChunk chunk)
    {
        // Chunks that were trimmed long ago need no place in the line.
        while (_clean.TryPeek(out (AppendLog Log, TailChunk Chunk) oldest) && oldest.Chunk.IsFree) _clean.Dequeue();
        if (!log.Deleted) _clean.Enqueue((log, chunk));
    }

    private void SpillFullRuns()
    {
        _spillPlan.Clear();
        _spillPlan.AddRange(_cache.LogsToSpill);
        foreach (AppendLog log in _spillPlan) StartSpill(log, _options.RunBytes);
    }

    /// <summary>Hands the full chunks of a log to the background writer when they are worth a write.</summary>
    private void StartSpill(AppendLog log, long minimum)
    {
        if (log.SpillInFlight || log.BytesToSpill() < minimum) return;
        var views = new List<ChunkView>();
        long bytes = 0;
        foreach (TailChunk chunk in log.Chunks)
        {
            if (chunk.State != ChunkState.Sealed || bytes >= 16 * _options.RunBytes) continue;
            chunk.State = ChunkState.Spilling;
            views.Add(chunk.View(LiveRanges(log, chunk)));
            bytes += chunk.Used;
        }

        log.SpillInFlight = true;
        _spillsInFlight++;
        _background.Enqueue(new SpillJob(_segmentWriter, log, views));
    }

    private List<(int First, int Count)> LiveRanges(AppendLog log, TailChunk chunk)
    {
        var ranges = new List<(int, int)>();
        long end = chunk.EndOffset;
        long offset = _fold.NextLive(log.Id, chunk.BaseOffset);
        while (offset < end)
        {
            int first = (int)(offset - chunk.BaseOffset);
            int past = first;
            long next = offset;
            while (next == chunk.BaseOffset + past && next < end && !chunk.IsHole(past))
            {
                past++;
                next = _fold.NextLive(log.Id, chunk.BaseOffset + past);
            }

            // Whoever keeps every record calls a hole live as well.
            if (past > first) ranges.Add((first, past - first));
            else next = _fold.NextLive(log.Id, offset + 1);
            offset = next;
        }

        return ranges;
    }

    /// <summary>During recovery there is no loop to come back to: spill at once.</summary>
    private void SpillInline()
    {
        if (!_cache.OverBudget || _now < _retryAt) return;
        SpillFullRuns();
        if (_spillsInFlight == 0)
        {
            foreach (AppendLog log in _logs.Values)
            {
                log.SealActive();
                StartSpill(log, minimum: 1);
            }
        }

        while (_spillsInFlight > 0)
        {
            _background.WaitForProgress();
            TakeDone();
        }

        EvictClean();
    }

    private void CompleteSpill(SpillJob job)
    {
        _spillsInFlight--;
        AppendLog log = job.Log;
        log.SpillInFlight = false;
        if (job.Failure is null)
        {
            foreach ((Segment segment, SegmentExtent extent) in job.Written)
            {
                segment.Publish(extent);
                if (log.Deleted) Retire(log, [segment], _generation);
                else if (Array.IndexOf(log.Segments, segment) < 0) log.AddSegment(segment);
                log.Growing = segment;
            }
        }
        else
        {
            BackgroundFailed(job.Failure);
        }

        foreach (ChunkView view in job.Views)
        {
            if (job.Failure is null)
            {
                log.MarkSpilled(view.Chunk);
                Remember(log, view.Chunk);
            }
            else
            {
                view.Chunk.State = ChunkState.Sealed;
            }

            view.Chunk.Release();
        }

        if (log.BytesToSpill() == 0) _cache.LogsToSpill.Remove(log);
    }

    /// <summary>What a failure of background work means: a full disk passes, other write errors are tried again in new
    /// files, a failed segment sync and anything unforeseen stop the store.</summary>
    private void BackgroundFailed(Exception failure)
    {
        _retryAt = _now + RetryMilliseconds;
        if (failure is DiskFullException)
        {
            DiskFull = true;
            _background.Enqueue(new ReleaseReserve(this));
        }
        else if (failure is SegmentSyncFailedException || failure is not IOException)
        {
            if (_journal is null) throw failure;
            _journal.Fail(failure);
        }
        else if (_journal is null)
        {
            throw failure;
        }
    }

    /// <summary>Deletes segment files, but not before no kept checkpoint names them.</summary>
    /// <param name="generation">The newest generation that may name them.</param>
    private void Retire(AppendLog log, Segment[] segments, long generation, bool withNewest = true)
    {
        if (segments.Length == 0) return;
        if (withNewest) _background.Enqueue(new CloseTail(_segmentWriter, log.Id));
        foreach (Segment segment in segments) _obsolete.Add((segment, generation));

        // Who keeps objects is paid for it: they do not wait for the next write.
        if (segments.Any(static segment => segment.Remote is not null)) AwaitDeletion(generation);
    }

    private sealed class SpillJob(SegmentWriter writer, AppendLog log, List<ChunkView> views) : BackgroundJob
    {
        public AppendLog Log => log;

        public List<ChunkView> Views => views;

        public List<(Segment Segment, SegmentExtent Extent)> Written { get; private set; } = [];

        public override void Run() => Written = writer.Append(log.Id, views);

        public override void Abandon()
        {
            foreach (ChunkView view in views) view.Chunk.Release();
        }

        public override void Complete(Store store) => store.CompleteSpill(this);
    }

    private sealed class CloseTail(SegmentWriter writer, LogId log) : BackgroundJob
    {
        public override void Run() => writer.Close(log);

        public override void Complete(Store store)
        {
        }
    }
}
