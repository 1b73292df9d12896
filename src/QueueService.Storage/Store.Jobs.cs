using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;
using QueueService.Storage.Journaling;
using QueueService.Storage.Logs;

namespace QueueService.Storage;

/// <summary>The background work of checkpoints and of the space that is held back.</summary>
public sealed partial class Store
{
    private const string ReservePath = "reserve";
    private const int SparesWanted = 2;

    private bool _preparing = true;

    /// <summary>Keeps spare journal files ahead of need, and looks for space again when there was none.</summary>
    private void PrepareJournal()
    {
        if (_preparing || _now < _retryAt) return;
        if (_journalFiles.SpareCount >= SparesWanted && !DiskFull) return;

        // On a full disk a checkpoint that frees something goes first.
        if (DiskFull && (_stage != Stage.Idle || CheckpointDue())) return;
        PrepareSpace();
    }

    private void PrepareSpace()
    {
        if (_preparing) return;
        _preparing = true;
        _background.Enqueue(new PrepareReserve(this));
    }

    /// <summary>Writes the slices of a snapshot, in the order of the resources.</summary>
    private sealed class SliceJob(Store store) : BackgroundJob
    {
        private readonly List<CapturedLog> _logs = [];
        private readonly List<(uint Resource, ulong Applied, int Length, int Logs)> _resources = [];

        /// <summary>Of all resources of the slice, one behind the other.</summary>
        public PageBuffer State { get; } = new();

        public bool IsLast { get; set; }

        public void Add(CapturedLog log) => _logs.Add(log);

        /// <param name="length">Of its state, which was written last.</param>
        public void Add(uint resource, ulong applied, int length) =>
            _resources.Add((resource, applied, length, _logs.Count));

        public override void Run()
        {
            if (store._snapshot is not { } snapshot) return;
            try
            {
                Write(snapshot);
            }
            catch
            {
                // Without a snapshot the checkpoint ends without a manifest.
                store._snapshot = null;
                snapshot.Discard(store._files);
                throw;
            }
        }

        private void Write(SnapshotWriter snapshot)
        {
            int next = 0;
            int at = 0;
            foreach ((uint resource, ulong applied, int length, int logs) in _resources)
            {
                for (; next < logs; next++)
                {
                    snapshot.WriteRecords(_logs[next].Id, _logs[next].Riders);
                    snapshot.WriteLog(_logs[next].Id, _logs[next].End);
                }

                snapshot.WriteResource(resource, applied, State.Written.Slice(at, length));
                at += length;
            }
        }

        public override void Abandon()
        {
            foreach (CapturedLog log in _logs)
                foreach (ChunkView view in log.Riders) view.Chunk.Release();
            State.Dispose();
        }

        public override void Complete(Store owner) => owner.CompleteSlice(this);
    }

    private sealed class OpenSnapshot(Store store, long generation) : BackgroundJob
    {
        public override void Run()
        {
            store._snapshot?.Dispose();
            store._snapshot = null;
            store._snapshot = new SnapshotWriter(store._files, generation, store.Secret);
        }

        public override void Complete(Store owner)
        {
            if (Failure is null) return;
            owner._checkpointFailed = true;
            owner.BackgroundFailed(Failure);
        }
    }

    /// <summary>The order that recovery relies on: segments, snapshot, then the manifest that names them.</summary>
    private sealed class FinishJob(Store store, Manifest manifest) : BackgroundJob
    {
        public Manifest Manifest { get; private set; } = manifest;

        public override void Run()
        {
            if (store._snapshot is not { } snapshot) return;
            store._snapshot = null;
            try
            {
                store._segmentWriter.Sync();
                snapshot.Finish(store._files);
                Manifest = Manifest with { SnapshotBytes = snapshot.Length };
                Manifest.Write(store._files);
                snapshot.Dispose();
            }
            catch
            {
                snapshot.Discard(store._files);
                throw;
            }
        }

        public override void Complete(Store owner) => owner.CompleteCheckpoint(this);
    }

    /// <summary>Removes what no kept checkpoint names.</summary>
    private sealed class DeleteJob(
        IFileSystem files, JournalFiles journal, ulong oldestNeeded, int keepSpares, long? generation,
        HashSet<Segment> segments)
        : BackgroundJob
    {
        public override void Run()
        {
            journal.Recycle(oldestNeeded, keepSpares);
            if (generation is { } old)
            {
                // The manifest first: a snapshot without one is only a leftover.
                if (files.Exists(Manifest.PathOf(old))) files.Delete(Manifest.PathOf(old));
                if (files.Exists(Manifest.SnapshotPathOf(old))) files.Delete(Manifest.SnapshotPathOf(old));
            }

            foreach (Segment segment in segments)
            {
                if (files.Exists(segment.Path)) files.Delete(segment.Path);
                string folder = SegmentFormat.FolderOf(segment.Log);
                if (files.Exists(folder) && files.ListFiles(folder).Count == 0) files.DeleteFolder(folder);
            }
        }

        public override void Complete(Store owner)
        {
            // What could not be deleted is deleted by the next recovery, which no manifest tells to keep it.
            if (Failure is not null and not IOException) owner.BackgroundFailed(Failure);
        }
    }

    /// <summary>Gives the held-back space to the checkpoint that needs it.</summary>
    private sealed class ReleaseReserve(Store store) : BackgroundJob
    {
        public override void Run()
        {
            if (store._files.Exists(ReservePath)) store._files.Delete(ReservePath);
            store._journalFiles?.DropSpares(SparesWanted);
        }

        public override void Complete(Store owner)
        {
        }
    }

    /// <summary>Holds back what the disk has: spare journal files first, then the space for one checkpoint.</summary>
    private sealed class PrepareReserve(Store store) : BackgroundJob
    {
        public override void Run()
        {
            while (store._journalFiles.SpareCount < SparesWanted) store._journalFiles.PrepareSpare();
            if (store._options.ReserveBytes == 0 || store._files.Exists(ReservePath)) return;
            byte[] block = new byte[(int)Math.Min(store._options.ReserveBytes, 1 << 20)];
            string unfinished = $"{ReservePath}.tmp";
            if (store._files.Exists(unfinished)) store._files.Delete(unfinished);
            try
            {
                using (IFile file = store._files.Open(unfinished, FileOpening.New))
                {
                    for (long at = 0; at < store._options.ReserveBytes; at += block.Length) file.Write(block, at);
                }

                store._files.Rename(unfinished, ReservePath);
            }
            catch (IOException)
            {
                if (store._files.Exists(unfinished)) store._files.Delete(unfinished);
                throw;
            }
        }

        public override void Complete(Store owner)
        {
            owner._preparing = false;
            if (Failure is null) owner.DiskFull = false;
            else owner.PreparationFailed(Failure);
        }
    }

    /// <summary>No space for spares or reserve: what is there stays untouched, new work is refused.</summary>
    private void PreparationFailed(Exception failure)
    {
        _retryAt = _now + RetryMilliseconds;
        if (failure is DiskFullException) DiskFull = true;
        else if (failure is not IOException) _journal.Fail(failure);
    }
}
