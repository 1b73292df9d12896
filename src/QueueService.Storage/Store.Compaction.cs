using QueueService.Storage.Compaction;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage;

/// <summary>
/// Compaction: neighbouring segments are replaced by new ones without the records that newer ones supersede. It is no
/// record of the journal and no state of the fold: a crash before the next checkpoint just keeps the old files. One log
/// at a time, a step of the background writer per turn of the owner.
/// </summary>
public sealed partial class Store
{
    /// <summary>Checkpoints until the files that were replaced can be deleted: the one that does not name them any
    /// more, and two that push out the ones before.</summary>
    private const int CheckpointsToForget = 3;

    private Compaction? _compaction;
    private int _rewrittenSince;

    /// <summary>A pass is under way; there is one at a time.</summary>
    public bool IsCompacting => _compaction is not null;

    /// <summary>Starts a pass over a log; <see cref="Housekeep"/> goes on with it. Answers false when one is under way.
    /// </summary>
    /// <param name="done">Called by the owner's thread at the end, also when the log is deleted or the disk fails
    /// meanwhile.</param>
    public bool TryCompact(AppendLog log, CompactionRequest request, Action<CompactionOutcome> done)
    {
        if (_compaction is not null) return false;
        _compaction = new Compaction(log, request, done);
        return true;
    }

    private void StepCompaction()
    {
        if (_compaction is not { InFlight: false } pass) return;
        if (pass.Log.Deleted)
        {
            EndCompaction(null);
            return;
        }

        // On a full disk space goes to what frees some, and this takes some before it does.
        if (DiskFull)
        {
            EndCompaction(new DiskFullException("A pass of compaction needs as much space as it rewrites at once."));
            return;
        }

        if (pass.Compactor is null && !TryBegin(pass)) return;
        pass.InFlight = true;
        _background.Enqueue(new CompactionStep(this, pass));
    }

    /// <summary>Spills and seals first what is to take part, and answers false meanwhile, or when there is nothing to
    /// do.</summary>
    private bool TryBegin(Compaction pass)
    {
        AppendLog log = pass.Log;
        if (log.HasRemoteFrom(0))
        {
            // A tombstone that went would give back what is there under its key.
            EndCompaction(null);
            return false;
        }

        if (pass.Request.SealsTail && !IsSealed(pass)) return false;
        Segment[] sealedOnes = [.. log.Segments.TakeWhile(segment => segment != log.Growing)
            .Where(segment => _fold.NextLive(log.Id, segment.BaseOffset) <= segment.Extent.LastOffset)];
        var sources = new CompactionSources(pass.Request, sealedOnes, log.End - 1, Secret);
        if (!sources.HasWork)
        {
            EndCompaction(null);
            return false;
        }

        pass.Compactor = new Compactor(_files, _handles, _options, sources);
        return true;
    }

    private bool IsSealed(Compaction pass)
    {
        AppendLog log = pass.Log;
        if (log.SpillInFlight) return false;
        if (log.HasUnspilledBelow(pass.SealedEnd))
        {
            if (_now < _retryAt) return false;
            log.SealActive();
            StartSpill(log, minimum: 1);
            return false;
        }

        if (log.Growing is null) return true;
        _background.Enqueue(new CloseTail(_segmentWriter, log.Id));
        log.Growing = null;
        return true;
    }

    private void CompleteStep(Compaction pass)
    {
        pass.InFlight = false;
        if (_compaction != pass) return;
        Compactor compactor = pass.Compactor!;
        if (compactor.Finished is { } group && !Show(pass, group))
        {
            // Retention, or a deletion, was faster.
            EndCompaction(null);
            return;
        }

        if (compactor.IsDone) EndCompaction(compactor.Damage);
    }

    /// <summary>One change of the list: readers see either the old segments or the new ones.</summary>
    private bool Show(Compaction pass, CompactionGroup group)
    {
        AppendLog log = pass.Log;
        if (log.Deleted || !log.TryReplace(group.Sources, group.Outputs))
        {
            _background.Enqueue(new DeleteOutputs(_files, _handles, group.Outputs));
            return false;
        }

        // A checkpoint that is under way may have taken down the old ones.
        Retire(log, [.. group.Sources], _generation, withNewest: false);
        pass.BytesBefore += group.Sources.Sum(static segment => (long)segment.Extent.Length);
        pass.BytesAfter += group.Outputs.Sum(static segment => (long)segment.Extent.Length);
        _rewrittenSince = CheckpointsToForget;
        return true;
    }

    private void EndCompaction(Exception? failure)
    {
        if (_compaction is not { } pass) return;
        _compaction = null;
        if (pass.Compactor is not null) _background.Enqueue(new EndPass(pass));
        pass.Done(new CompactionOutcome(pass.BytesBefore, pass.BytesAfter, pass.Compactor?.Dropped ?? 0)
        {
            Failure = failure,
        });
    }

    private sealed class Compaction(AppendLog log, CompactionRequest request,
        Action<CompactionOutcome> done) : IDisposable
    {
        public AppendLog Log => log;

        public CompactionRequest Request => request;

        public Action<CompactionOutcome> Done => done;

        /// <summary>What is appended after the pass began is not waited for.</summary>
        public long SealedEnd { get; } = log.End;

        public Compactor? Compactor { get; set; }

        public bool InFlight { get; set; }

        public long BytesBefore { get; set; }

        public long BytesAfter { get; set; }

        public void Dispose() => Compactor?.Dispose();
    }

    private sealed class CompactionStep(Store store, Compaction pass) : BackgroundJob
    {
        public override void Run()
        {
            pass.Compactor!.Step();
            if (pass.Compactor.Finished is { Outputs.Count: > 0 })
                store._segmentWriter.NoteFolder(SegmentFormat.FolderOf(pass.Log.Id));
        }

        public override void Complete(Store owner)
        {
            if (Failure is null)
            {
                owner.CompleteStep(pass);
                return;
            }

            // The old segments are as they were: nothing that is promised depends on the new ones.
            pass.InFlight = false;
            if (owner._compaction == pass) owner.EndCompaction(Failure);
            if (Failure is not IOException) owner.BackgroundFailed(Failure);
        }
    }

    /// <summary>Behind the last step, which may still be running.</summary>
    private sealed class EndPass(Compaction pass) : BackgroundJob
    {
        public override void Run()
        {
            pass.Compactor!.Discard();
            pass.Dispose();
        }

        public override void Abandon() => pass.Dispose();

        public override void Complete(Store owner)
        {
        }
    }

    private sealed class DeleteOutputs(IFileSystem files, SegmentFiles handles, List<Segment> outputs) : BackgroundJob
    {
        public override void Run()
        {
            foreach (Segment segment in outputs)
            {
                handles.Retire(segment);
                if (files.Exists(segment.Path)) files.Delete(segment.Path);
            }
        }

        public override void Complete(Store owner)
        {
        }
    }
}
