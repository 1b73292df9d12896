using QueueService.Storage.Checkpoints;
using QueueService.Storage.Tests.Faults;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Checkpoints;

public sealed class CheckpointTests
{
    [Fact]
    public void Two_generations_are_kept_and_nothing_that_neither_of_them_names()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        life.Commit(1000, StoreLife.Create(1, stream: true));
        for (int round = 1; round < 12; round++)
        {
            for (int i = 0; i < 20; i++)
                life.Commit(1000, StoreLife.Append(1, 1500));
            life.Commit(1000, StoreLife.Trim(1, life.Log(1).End - 10));
            Checkpoint(life);
            Assert.Equal(round > 1 ? [round, round - 1] : [round], Manifest.ListGenerations(disk));
        }

        // A segment that was begun and emptied between two checkpoints goes with the second one after.
        Checkpoint(life);
        Checkpoint(life);
        Leftovers.AssertNone(disk, maxSpares: 5);
    }

    [Fact]
    public void The_segments_of_a_trimmed_log_go_when_no_kept_checkpoint_names_them()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        life.Commit(1000, StoreLife.Create(1, stream: true));
        for (int i = 0; i < 60; i++)
            life.Commit(1000, StoreLife.Append(1, 1500));
        Checkpoint(life);
        int before = disk.ListFiles("logs/0000000001-0").Count;
        Assert.True(before > 2);
        life.Commit(1000, StoreLife.Trim(1, life.Log(1).End));

        // Checkpoint 1 names them, 2 does not, and 3 replaces 1.
        Checkpoint(life);
        Assert.Equal(before, disk.ListFiles("logs/0000000001-0").Count);
        Checkpoint(life);
        Assert.Empty(disk.ListFolders("logs"));
    }

    [Fact]
    public void A_log_that_is_deleted_between_two_slices_of_a_checkpoint_is_no_obstacle_to_the_next_start()
    {
        var disk = new SimulatedDisk();
        var model = new NaiveModel();
        long time = 1000;
        using (var life = StoreLife.Open(disk))
        {
            for (uint resource = 1; resource <= 40; resource++)
                Do(life, model, time, StoreLife.Create(resource, stream: true), StoreLife.Append(resource, 5000));
            for (int i = 0; i < 8; i++)
                Do(life, model, time, StoreLife.Append(1, 5000));
            life.Store.Housekeep(time);
            time += 31_000;
            for (int turn = 0; turn < 5; turn++)
                life.Store.Housekeep(time);
            Assert.Equal(0, life.Store.Checkpoints);
            Do(
                life, model, time, StoreLife.Delete(1), StoreLife.Delete(40), StoreLife.Create(41), StoreLife.Append(
                    41, 8));
            while (life.Store.Checkpoints == 0)
                life.Store.Housekeep(time);
            disk = disk.PowerCut(21);
        }

        using var next = StoreLife.Open(disk);
        next.AssertIs(model);
    }

    [Fact]
    public void A_checkpoint_is_taken_after_its_interval_and_after_so_many_bytes_but_not_when_nothing_was_written()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        long time = 1_000_000;
        life.Commit(time, StoreLife.Create(1));
        Turn(life, time, 8);
        long before = life.Store.Checkpoints;
        Turn(life, time += 29_000, 8);
        Assert.Equal(before, life.Store.Checkpoints);
        life.Commit(time, StoreLife.Append(1, 10));
        Turn(life, time += 2_000, 8);
        Assert.Equal(before + 1, life.Store.Checkpoints);
        Turn(life, time += 100_000, 8);
        Assert.Equal(before + 1, life.Store.Checkpoints);
        Assert.False(life.Store.CheckpointPending);

        // The first write after a quiet time is overdue; then the bytes count.
        for (int i = 0; i < 80; i++)
        {
            life.Commit(time, StoreLife.Append(1, 10), StoreLife.Terminal(1, i));
            life.Store.Housekeep(time);
        }

        Turn(life, time, 8);
        Assert.Equal(before + 3, life.Store.Checkpoints);
    }

    [Fact]
    public void A_checkpoint_that_failed_is_tried_again_also_when_nothing_more_is_written()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        long time = 1_000_000;
        life.Store.Housekeep(time);
        life.Commit(time, StoreLife.Create(1));
        disk.Fail(DiskOperation.Rename);
        Turn(life, time += 31_000, 8);
        Assert.Equal(0, life.Store.Checkpoints);
        Assert.True(life.Store.CheckpointPending);
        Assert.Null(life.Store.Failure);
        Turn(life, time += 1_500, 8);
        Assert.Equal(1, life.Store.Checkpoints);
    }

    [Fact]
    public void A_second_process_is_kept_out()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        Assert.Throws<IOException>(() => StoreLife.Open(disk));
    }

    private static void Checkpoint(StoreLife life)
    {
        life.Store.CheckpointNow(1000);
        Turn(life, 1000, 3);
    }

    private static void Turn(StoreLife life, long time, int turns)
    {
        for (int i = 0; i < turns; i++)
            life.Store.Housekeep(time);
    }

    private static void Do(StoreLife life, NaiveModel model, long time, params ModelRecord[] records)
    {
        life.Commit(time, records);
        model.Apply(new ModelFrame(time, records));
    }
}
