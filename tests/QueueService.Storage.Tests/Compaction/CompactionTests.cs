using QueueService.Storage.Compaction;
using QueueService.Storage.Files;
using QueueService.Storage.Inspection;
using QueueService.Storage.Logs;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Compaction;

public sealed class CompactionTests : IDisposable
{
    private readonly KeyedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Of_each_key_the_newest_record_stays_at_its_offset()
    {
        for (int round = 0; round < 100; round++) _log.Append(1, 2, 3);
        _log.Time += KeyedLog.Lag;
        CompactionOutcome outcome = _log.Compact()!;
        Assert.Null(outcome.Failure);
        Assert.Equal(297, outcome.Dropped);
        Assert.True(outcome.BytesAfter < outcome.BytesBefore / 20);
        Assert.Equal([297, 298, 299], _log.Offsets());
        _log.Check();
        Assert.Equal(300, _log.Log.End);
        _log.Append(2);
        Assert.Equal([297, 298, 299, 300], _log.Offsets());
    }

    [Fact]
    public void A_record_that_was_superseded_a_moment_ago_stays()
    {
        _log.Append(1);
        _log.Time += KeyedLog.Lag - 1;
        _log.Append(1);
        _log.Time += KeyedLog.Lag - 1;
        _log.Compact();
        Assert.Equal([0, 1], _log.Offsets());
        _log.Time += 1;
        _log.Compact();
        Assert.Equal([1], _log.Offsets());
    }

    [Fact]
    public void A_tombstone_goes_when_its_time_since_the_older_records_went_is_over()
    {
        _log.Append((1, false), (1, true), (2, false));
        _log.Time += KeyedLog.TombstoneAge;
        _log.Compact();
        Assert.Equal([1, 2], _log.Offsets());
        _log.Time += KeyedLog.TombstoneAge - 1;
        _log.Compact();
        Assert.Equal([1, 2], _log.Offsets());
        _log.Time += 1;
        Assert.True(_log.Log.Usage(_log.Request()).HasDeadTombstones);
        _log.Compact();
        Assert.Equal([2], _log.Offsets());
        Assert.False(_log.Log.Usage(_log.Request()).HasDeadTombstones);
        _log.Check();
    }

    [Fact]
    public void The_newest_record_of_a_log_stays_also_when_it_is_a_tombstone_of_old()
    {
        _log.Append((1, false), (1, true));
        for (int pass = 0; pass < 4; pass++)
        {
            _log.Time += KeyedLog.TombstoneAge;
            _log.Compact();
        }

        Assert.Equal([1], _log.Offsets());
        Assert.False(_log.Log.Usage(_log.Request()).HasDeadTombstones);
    }

    [Fact]
    public void Records_without_a_key_stay()
    {
        _log.Append(-1, 1, -1, 1);
        _log.Time += KeyedLog.Lag;
        _log.Compact();
        Assert.Equal([0, 2, 3], _log.Offsets());
    }

    [Fact]
    public void Files_that_were_replaced_go_with_the_checkpoints_and_a_restart_finds_the_new_ones()
    {
        for (int round = 0; round < 100; round++) _log.Append(1, 2, 3);
        _log.Checkpoints(2);
        _log.Time += KeyedLog.Lag;
        _log.Compact();
        string[] before = _log.Files();
        Assert.Contains("00000000000000000000.1.log", before);
        Assert.True(before.Length > 4);
        _log.Checkpoints(3);
        Assert.Equal(["00000000000000000000.1.log"], _log.Files());
        _log.Restart(static disk => disk.PowerCut(1));
        _log.Check();
        Assert.Equal([297, 298, 299], _log.Offsets());
        LogUsage usage = _log.Log.Usage(_log.Request());
        Assert.Equal((0, _log.Time), (usage.DirtyBytes, usage.LastCompaction));
    }

    [Fact]
    public void The_older_of_two_checkpoints_still_has_the_old_files()
    {
        for (int round = 0; round < 100; round++) _log.Append(1, 2, 3);
        _log.Checkpoints(2);
        _log.Time += KeyedLog.Lag;
        _log.Compact();
        _log.Checkpoints(1);
        _log.Restart(static disk =>
        {
            SimulatedDisk next = disk.KillProcess();
            next.FlipBit($"snapshots/{next.ListFiles("snapshots").Max()}", 20, 1);
            return next;
        });
        Assert.Equal(300, _log.Offsets().Count);
        _log.Check();
    }

    [Fact]
    public void Before_a_checkpoint_a_crash_keeps_the_old_files()
    {
        for (int round = 0; round < 100; round++) _log.Append(1, 2, 3);
        _log.Checkpoints(2);
        _log.Time += KeyedLog.Lag;
        _log.Compact();
        _log.Restart(static disk => disk.PowerCut(1));
        Assert.Equal(300, _log.Offsets().Count);
        Assert.DoesNotContain(_log.Files(), static name => name.EndsWith(".1.log", StringComparison.Ordinal));
        _log.Check();
    }

    [Fact]
    public void Small_results_are_merged_and_large_ones_cut_to_segments()
    {
        for (int pass = 0; pass < 6; pass++)
        {
            for (int key = 0; key < 300; key++) _log.Append(pass % 2 == 0 ? key : key % 10);
            _log.Time += KeyedLog.Lag;
            Assert.Null(_log.Compact()!.Failure);
            _log.Check();
        }

        _log.Checkpoints(3);
        Assert.Equal(300, _log.Offsets().Count);
        Assert.All(_log.Files(), static name => Assert.Equal(3, name.Split('.').Length));
        int bytes = _log.All.TakeLast(300).Sum(static record => record.Payload.Length + 24);
        Assert.InRange(_log.Files().Length, bytes / (4 << 10), (bytes / (3 << 10)) + 4);
    }

    [Fact]
    public void A_record_that_somebody_holds_can_be_read_after_its_file_was_replaced()
    {
        for (int round = 0; round < 200; round++) _log.Append(1, 2, 3);
        _log.Checkpoints(1);
        _log.Restart(static disk => disk.KillProcess());
        Assert.True(_log.Log.TryHold(0, out HeldSegment held));
        _log.Time += KeyedLog.Lag;
        _log.Compact();
        _log.Checkpoints(4);
        using (SegmentReader reader = new())
        {
            Assert.Equal(ReadOutcome.Found, reader.Read(held, 0, out _, out ReadOnlySpan<byte> payload));
            Assert.Equal(_log.All[0].Payload, payload.ToArray());
            Assert.Equal(ReadOutcome.Absent, reader.Read(_log.Log, 0, out _, out _));
        }

        held.Release();
        _log.Checkpoints(2);
        Assert.DoesNotContain("00000000000000000000.log", _log.Files());
    }

    [Fact]
    public void A_damaged_segment_is_left_as_it_is_with_everything_behind_it()
    {
        for (int round = 0; round < 300; round++) _log.Append(1, 2, 3);
        _log.Checkpoints(2);
        _log.Restart(static disk => disk.KillProcess());
        string[] files = _log.Files();
        Assert.True(files.Length > 5);
        _log.Disk.FlipBit($"logs/0000000001-0/{files[2]}", 500, 3);
        _log.Time += KeyedLog.Lag;
        CompactionOutcome outcome = _log.Compact()!;
        Assert.Contains(
            files[2], Assert.IsType<DamagedSegmentException>(outcome.Failure).Message, StringComparison.Ordinal);
        _log.Checkpoints(3);
        Assert.DoesNotContain(files[0], _log.Files());
        Assert.Superset(files[2..].ToHashSet(), _log.Files().ToHashSet());
        _log.Restart(static disk => disk.KillProcess());
        Assert.IsType<DamagedSegmentException>(_log.Compact()!.Failure);
    }

    [Fact]
    public void Damage_in_a_rewritten_segment_is_told_from_a_hole()
    {
        for (int round = 0; round < 10; round++)
            for (int key = 0; key < 40; key++) _log.Append(key);
        _log.Time += KeyedLog.Lag;
        _log.Compact();
        _log.Checkpoints(3);
        _log.Restart(static disk => disk.KillProcess());
        string file = Assert.Single(_log.Files());
        _log.Disk.FlipBit($"logs/0000000001-0/{file}", 45, 1);
        using SegmentReader reader = new();
        long first = _log.Offsets()[0];
        Assert.Equal(ReadOutcome.Damaged, reader.Read(_log.Log, first, out _, out _));
        Assert.Equal(ReadOutcome.Found, reader.Read(_log.Log, 361, out _, out _));
        Assert.IsType<DamagedSegmentException>(Recompact().Failure);
        Assert.Contains(file, _log.Files());
    }

    [Fact]
    public void A_deleted_log_ends_its_pass_and_leaves_no_file()
    {
        for (int round = 0; round < 300; round++) _log.Append(1, 2, 3);
        _log.Checkpoints(1);
        _log.Time += KeyedLog.Lag;
        CompactionOutcome? outcome = null;
        Assert.True(_log.Store.TryCompact(_log.Log, _log.Request(), ended => outcome = ended));
        for (int turn = 0; turn < 4; turn++) _log.Store.Housekeep(_log.Time);
        _log.Store.DeleteLog(_log.Log.Id);
        for (int turn = 0; turn < 20; turn++) _log.Store.Housekeep(_log.Time);
        Assert.NotNull(outcome);
        Assert.False(_log.Store.IsCompacting);
    }

    [Fact]
    public void Verify_and_dump_know_compacted_segments()
    {
        for (int round = 0; round < 100; round++) _log.Append(1, 2, 3);
        _log.Time += KeyedLog.Lag;
        _log.Compact();
        _log.Checkpoints(3);
        _log.Store.Close(_log.Time);
        SimulatedDisk disk = _log.Disk.KillProcess();
        using var report = new StringWriter();
        Assert.True(StoreVerifier.Verify(disk, report), report.ToString());
        using var dump = new StringWriter();
        Assert.True(LogDump.Write(disk, new LogId(1, 0), dump));
        Assert.Contains(
            "compacted: 3 records up to the offset 299, 0 tombstones", dump.ToString(), StringComparison.Ordinal);
    }

    private CompactionOutcome Recompact()
    {
        _log.Append(1, 2, 3);
        _log.Time += KeyedLog.Lag;
        return _log.Compact()!;
    }
}
