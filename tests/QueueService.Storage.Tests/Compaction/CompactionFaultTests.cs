using QueueService.Storage.Compaction;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;
using QueueService.Testing.Disk;

namespace QueueService.Storage.Tests.Compaction;

/// <summary>Every operation of a pass and of the checkpoints behind it fails once, each in a run of its own.</summary>
public sealed class CompactionFaultTests
{
    [Theory]
    [InlineData(DiskOperation.Create, DiskFault.InputOutputError)]
    [InlineData(DiskOperation.Write, DiskFault.InputOutputError)]
    [InlineData(DiskOperation.Write, DiskFault.DiskFull)]
    [InlineData(DiskOperation.StartWriteback, DiskFault.InputOutputError)]
    [InlineData(DiskOperation.Sync, DiskFault.InputOutputError)]
    [InlineData(DiskOperation.SyncDirectory, DiskFault.InputOutputError)]
    [InlineData(DiskOperation.Read, DiskFault.InputOutputError)]
    [InlineData(DiskOperation.Open, DiskFault.InputOutputError)]
    [InlineData(DiskOperation.Delete, DiskFault.InputOutputError)]
    [InlineData(DiskOperation.Rename, DiskFault.InputOutputError)]
    public void When_any_one_operation_fails_the_old_segments_or_the_new_ones_are_there(
        DiskOperation operation, DiskFault fault)
    {
        int count;
        using (KeyedLog log = Filled())
        {
            long before = log.Disk.Count(operation);
            Assert.Null(Work(log)!.Failure);
            count = (int)(log.Disk.Count(operation) - before);
        }

        Assert.True(count > 0);
        for (int nth = 1; nth <= count; nth += 1 + (count / 60))
        {
            using KeyedLog log = Filled();
            log.Disk.Fail(operation, nth, times: 1, fault);
            bool stopped = false;
            try
            {
                Work(log);
            }
            catch (StoreFailedException)
            {
                stopped = true;
            }

            log.Disk.StopFailing();
            if (!stopped)
            {
                log.Check();
                log.Time += 2_000;
                log.Checkpoints(2);
                log.Time += KeyedLog.Lag;
                CompactionOutcome? outcome = log.Compact();
                Assert.Null(outcome!.Failure);
                log.Check();
            }

            log.Restart(disk => disk.PowerCut((ulong)nth));
            log.Check();
        }
    }

    [Fact]
    public void On_a_full_disk_a_pass_ends_and_its_files_go()
    {
        using KeyedLog log = Filled();
        log.Compact();
        for (int round = 0; round < 40; round++)
            for (int key = 0; key < 8; key++) log.Append(key);
        log.Checkpoints(3);
        log.Restart(static disk => disk.KillProcess());
        log.Time += KeyedLog.Lag;
        log.Checkpoints(3);
        string[] files = log.Files();
        log.Disk.Capacity = log.Disk.UsedBytes + 100;
        CompactionOutcome outcome = log.Compact(seals: false)!;
        Assert.NotNull(outcome.Failure);
        Assert.Equal(files, log.Files());
        Assert.False(log.Store.DiskFull);
        log.Check();
        log.Disk.Capacity = long.MaxValue;
        Assert.Null(log.Compact()!.Failure);
        log.Check();
    }

    private static KeyedLog Filled()
    {
        var log = new KeyedLog();
        for (int round = 0; round < 40; round++)
            for (int key = 0; key < 8; key++) log.Append((key, (round + key) % 9 == 0));
        log.Checkpoints(2);
        log.Time += KeyedLog.TombstoneAge;
        return log;
    }

    private static CompactionOutcome? Work(KeyedLog log)
    {
        CompactionOutcome? outcome = log.Compact();
        log.Checkpoints(3);
        return outcome;
    }
}
