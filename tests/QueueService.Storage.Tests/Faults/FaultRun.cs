using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Faults;

/// <summary>A seeded workload in which one operation of the disk fails. Whatever the store makes of it, nothing that it
/// acknowledged may be lost, neither at once nor after the next two crashes, and it must work again.</summary>
/// <param name="cutsPower">How the process with the fault ends: by a power cut, or killed, which keeps the page cache
/// as the failed sync left it.</param>
/// <param name="recovers">The fault happens in the second life, which begins with a recovery.</param>
internal sealed class FaultRun(ulong seed, bool cutsPower, bool recovers, bool wide = false)
{
    // More dirty files than are synced one by one.
    private static readonly StorageOptions Wide = StoreLife.TinyOptions with
    {
        MaxOpenSegments = 500,
        TailCacheBytes = 16 << 10,
        CheckpointIntervalMilliseconds = 100_000,
    };

    private readonly SeededRandom _random = new(seed);
    private readonly History _history = new();
    private Workload? _workload;
    private SimulatedDisk _disk = new();
    private bool _isOpen;

    // A file that could not be deleted stays until the next start.
    private bool _deletesWork = true;

    /// <summary>The store stopped, or did not open, because of the fault.</summary>
    public bool Stopped { get; private set; }

    private Workload Workload => _workload ??= new Workload(_random, _history) { MaxResources = wide ? 90 : 6 };

    /// <summary>How many operations of a kind the life does in which the fault is to happen.</summary>
    public int CountOf(DiskOperation operation)
    {
        Prepare();
        Work();
        return (int)_disk.Count(operation);
    }

    public void Run(DiskOperation operation, int nth, DiskFault fault = DiskFault.InputOutputError)
    {
        Prepare();
        _disk.Fail(operation, nth, times: 1, fault);
        _deletesWork = operation is not (DiskOperation.Delete or DiskOperation.List or DiskOperation.DeleteFolder
            or DiskOperation.Rename or DiskOperation.Open or DiskOperation.SyncDirectory);
        try
        {
            Work();
        }
        catch (StoreFailedException)
        {
            Stopped = true;
        }
        catch (IOException) when (!_isOpen)
        {
            Stopped = true;
        }

        _deletesWork = true;
        Crash(cutsPower);
        Work();
        Crash(cutsPower: true);
        Work();
    }

    private void Prepare()
    {
        if (!recovers)
            return;
        Work(settle: false);
        Crash(cutsPower: false);
    }

    private void Work(bool settle = true)
    {
        _isOpen = false;
        using var life = StoreLife.Open(_disk, wide ? Wide : null);
        _isOpen = true;
        _history.Continue(life);
        try
        {
            for (int step = 0; step < (wide ? 120 : 60); step++)
                Workload.Step(life);

            if (!settle)
                return;

            // The fault is over now at the latest.
            _disk.StopFailing();
            long checkpoints = life.Store.Checkpoints;
            Workload.Settle(life);
            for (int i = 0; i < 3; i++)
            {
                // What a checkpoint does not name any more goes when two newer ones are there.
                life.Store.CheckpointNow(Workload.Time);
                life.Store.Housekeep(Workload.Time);
            }

            Assert.True(life.Store.Checkpoints > checkpoints, "No checkpoint succeeded after the fault.");
            Assert.False(life.Store.DiskFull);
            if (_deletesWork)
                Leftovers.AssertNone(_disk, maxSpares: 5);
            life.AssertIs(_history.Now);
        }
        catch (StoreFailedException)
        {
            AssertStopped(life, Workload.Time);
            throw;
        }
    }

    private static void AssertStopped(StoreLife life, long time)
    {
        Assert.NotNull(life.Store.Failure);
        long checkpoints = life.Store.Checkpoints;
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<StoreFailedException>(() => life.Store.BeginBatch(time));
            Assert.Throws<StoreFailedException>(() => life.Store.Commit(sync: true));
            Assert.Throws<StoreFailedException>(life.Store.SyncPending);
            Assert.Throws<StoreFailedException>(() => life.Store.Housekeep(time + (i * 31_000)));
            Assert.Throws<StoreFailedException>(() => life.Store.CheckpointNow(time));
        }

        Assert.Equal(checkpoints, life.Store.Checkpoints);
        life.Store.Close(time);
        Assert.Equal(checkpoints, life.Store.Checkpoints);
    }

    private void Crash(bool cutsPower)
    {
        if (cutsPower)
        {
            _disk = _disk.PowerCut(_random.Next());
            _history.LoseUnsynced();
        }
        else
        {
            _disk = _disk.KillProcess();
        }
    }
}
