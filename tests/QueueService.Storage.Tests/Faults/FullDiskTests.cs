using QueueService.Storage.Files;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;
using Xunit.Abstractions;

namespace QueueService.Storage.Tests.Faults;

/// <summary>R6: the disk fills up at every block that a workload allocates.</summary>
public sealed class FullDiskTests(ITestOutputHelper output)
{
    private const int Blocks = 200;

    [Fact]
    public void Wherever_the_disk_fills_up_nothing_is_lost_and_the_store_recovers_by_itself_when_there_is_space()
    {
        int full = 0;
        int relieved = 0;
        Seeds.RunAll(ci: Blocks, soak: 20 * Blocks, run =>
        {
            var random = new SeededRandom(1 + (run / Blocks));
            var history = new History();
            var workload = new Workload(random, history);
            var disk = new SimulatedDisk();
            using (var life = StoreLife.Open(disk))
            {
                Work(life, workload, 20);
                disk.Capacity = disk.UsedBytes + ((long)(run % Blocks) * 4096);
                for (int step = 0; step < 100; step++)
                {
                    workload.Step(life);
                    if (!life.Store.DiskFull)
                        continue;
                    Interlocked.Increment(ref full);
                    if (life.Store.HasRoomFor(4096))
                        Interlocked.Increment(ref relieved);
                }

                life.AssertIs(history.Now);
                AssertRecovers(disk, life, workload);
                life.AssertIs(history.Now);
            }

            disk = disk.PowerCut(random.Next());
            history.LoseUnsynced();
            using var next = StoreLife.Open(disk);
            history.Continue(next);
        });
        output.WriteLine($"The disk was full in {full} steps; {relieved} of them could still commit.");
        Assert.True(full > Blocks);
        Assert.True(relieved > full / 2);
    }

    [Fact]
    public void A_store_that_is_killed_on_a_full_disk_opens_on_it_or_says_that_it_is_full()
    {
        int opened = 0;
        Seeds.RunAll(ci: Blocks / 2, soak: 20 * Blocks, run =>
        {
            var random = new SeededRandom(1 + (run / Blocks));
            var history = new History();
            var workload = new Workload(random, history);
            var disk = new SimulatedDisk();
            using (var life = StoreLife.Open(disk))
            {
                Work(life, workload, 20);
                disk.Capacity = disk.UsedBytes + ((long)(run % Blocks) * 2 * 4096);
                Work(life, workload, 60);
            }

            for (int restart = 0; restart < 4; restart++)
            {
                disk = disk.KillProcess();
                try
                {
                    using var life = StoreLife.Open(disk);
                    history.Continue(life);
                    Work(life, workload, 10);
                    Interlocked.Increment(ref opened);
                }
                catch (DiskFullException)
                {
                    // Nothing is left to start a journal file in.
                }
            }

            disk.Capacity = long.MaxValue;
            using var last = StoreLife.Open(disk.KillProcess());
            history.Continue(last);
        });
        output.WriteLine($"{opened} starts succeeded.");
        Assert.True(opened > Blocks);
    }

    [Fact]
    public void A_full_disk_becomes_usable_when_its_records_are_trimmed_without_any_new_space()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        life.Store.Housekeep(1000);
        disk.Capacity = disk.UsedBytes + (512 << 10);
        long time = 2000;
        life.Commit(time, StoreLife.Create(1, stream: true), StoreLife.Create(2));
        for (int idle = 0; idle < 20;)
        {
            // Until it stays full: at first a checkpoint makes room by giving journal files back.
            if (!life.Store.DiskFull)
                life.Commit(time, StoreLife.Append(1, 3000), StoreLife.Append(2, 1000));
            idle = life.Store.DiskFull ? idle + 1 : 0;
            life.Store.Housekeep(time += 1000);
        }

        Assert.True(life.Store.HasRoomFor(4096));
        life.Commit(time, StoreLife.Trim(1, life.Log(1).End), StoreLife.Trim(2, life.Log(2).End));
        for (int i = 0; i < 20; i++)
            life.Store.Housekeep(time += 1000);
        Assert.False(life.Store.DiskFull);
        Assert.True(disk.UsedBytes < disk.Capacity - (256 << 10));
    }

    private static void Work(StoreLife life, Workload workload, int steps)
    {
        for (int step = 0; step < steps; step++)
            workload.Step(life);
    }

    private static void AssertRecovers(SimulatedDisk disk, StoreLife life, Workload workload)
    {
        disk.Capacity = long.MaxValue;
        long checkpoints = life.Store.Checkpoints;
        workload.Settle(life);
        Assert.False(life.Store.DiskFull);
        for (int i = 0; i < 3; i++)
        {
            life.Store.CheckpointNow(workload.Time);
            life.Store.Housekeep(workload.Time);
        }

        Assert.True(life.Store.Checkpoints >= checkpoints + 3);
        Leftovers.AssertNone(disk, maxSpares: 5);
    }
}
