using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>Several lives of one data directory, each ended by a power cut, a killed process or a clean stop at a step
/// that the seed chooses, and each begun by a check of everything that was promised.</summary>
internal sealed class CrashRun
{
    private readonly SeededRandom _random;
    private readonly History _history = new();
    private readonly Workload _workload;
    private readonly bool _hasLargeBodies;
    private readonly Func<IFileSystem, IFileSystem> _decorate;
    private SimulatedDisk _disk = new();
    private ulong _hash;
    private uint _incarnation;

    public CrashRun(ulong seed, Func<IFileSystem, IFileSystem>? decorate = null)
    {
        _random = new SeededRandom(seed);
        _decorate = decorate ?? (static disk => disk);
        _hasLargeBodies = _random.Chance(1, 4);
        _workload = new Workload(_random, _history)
        {
            MaxResources = _random.Chance(1, 8) ? 90 : 6,
            MaxBody = _hasLargeBodies ? 100 << 10 : 24 << 10,
        };
    }

    /// <summary>Lives that got as far as to be checked.</summary>
    public int Checked { get; private set; }

    /// <summary>Answers a hash of everything that reached the disks.</summary>
    public ulong Run(int lives)
    {
        for (int life = 0; life < lives; life++)
            Live();
        return _hash;
    }

    private void Live()
    {
        // Every fifth process dies while it is still recovering.
        bool diesEarly = _random.Chance(1, 5);
        if (diesEarly)
            _disk.DieAfter(_random.Next(30));
        try
        {
            using var life = StoreLife.Open(_decorate(_disk), DrawOptions());
            Assert.True(life.Store.Incarnation > _incarnation, "The incarnation did not rise.");
            _incarnation = life.Store.Incarnation;
            _history.Continue(life);
            Checked++;
            if (!diesEarly)
                _disk.DieAfter(_random.Next(400));
            bool closes = _random.Chance(1, 8);
            for (int step = _random.Next(closes ? 100 : 400); step > 0; step--)
                _workload.Step(life);
            if (closes)
            {
                life.Store.Close(_workload.Time);
                _history.NoteCommit(allSynced: true);
            }
        }
        catch (IOException) when (IsDead())
        {
            // What was promised before counts.
        }

        _hash = ulong.RotateLeft(_hash, 7) ^ _disk.TraceHash;
        if (_random.Chance(1, 3))
        {
            _disk = _disk.KillProcess();
        }
        else
        {
            _disk = _disk.PowerCut(_random.Next());
            _history.LoseUnsynced();
        }
    }

    private bool IsDead()
    {
        try
        {
            _disk.Exists("x");
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private StorageOptions DrawOptions() => StoreLife.TinyOptions with
    {
        JournalFileBytes = (_hasLargeBodies ? 256 : 64) << (10 + _random.Next(2)),
        CheckpointJournalBytes = 64 << (10 + _random.Next(4)),
        TailCacheBytes = 16 << (10 + _random.Next(5)),
        RunBytes = 2 << (10 + _random.Next(3)),
        SegmentBytes = 8 << (10 + _random.Next(3)),
        SliceBytes = 64 << _random.Next(8),
        MaxOpenSegments = 1 + _random.Next(8),
        ReserveBytes = _random.Chance(1, 2) ? 0 : 32 << 10,
    };
}
