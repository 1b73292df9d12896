using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Logs;

public sealed class TimeLookUpTests
{
    [Fact]
    public void The_first_record_of_a_time_or_later_is_found_in_memory_and_on_disk_before_and_after_a_restart()
    {
        var disk = new SimulatedDisk();
        using (var life = StoreLife.Open(disk))
        {
            life.Commit(1000, StoreLife.Create(1, stream: true));
            for (int i = 0; i < 500; i++)
            {
                // Ten records each share a time, 100 ms apart.
                life.Commit(10_000 + (i / 10 * 100), StoreLife.Append(1, 300));
                life.Store.Housekeep(10_000 + (i / 10 * 100));
            }

            Assert.NotEmpty(life.Log(1).Segments);
            AssertTimes(life);
            life.Store.Close(20_000);
        }

        using var next = StoreLife.Open(disk.PowerCut(1));
        AssertTimes(next);
    }

    [Fact]
    public void An_empty_log_answers_its_end()
    {
        using var life = StoreLife.Open(new SimulatedDisk());
        life.Commit(1000, StoreLife.Create(1));
        Assert.True(life.Log(1).TryFindTimeInMemory(0, out long offset));
        Assert.Equal(0, offset);
    }

    [Fact]
    public void The_index_answers_the_entry_at_or_before_an_offset_and_the_one_before_a_time()
    {
        var index = new SparseIndex();
        Assert.Equal(SegmentFormat.HeaderBytes, index.FindOffset(7));
        for (int i = 0; i < 1000; i++)
            index.Add(100 + (i * 10), maxTime: 5000 + (i / 4 * 100), position: 40 + (i * 4096));
        Assert.Equal(1000, index.Count);
        Assert.Equal(SegmentFormat.HeaderBytes, index.FindOffset(99));
        Assert.Equal(40, index.FindOffset(100));
        Assert.Equal(40, index.FindOffset(109));
        Assert.Equal(40 + 4096, index.FindOffset(110));
        Assert.Equal(40 + (999 * 4096), index.FindOffset(long.MaxValue));
        Assert.Equal(SegmentFormat.HeaderBytes, index.FindTime(5000));

        // The record itself may lie between the last older entry and the first one that is not.
        Assert.Equal(40 + (3 * 4096), index.FindTime(5001));
        Assert.Equal(40 + (3 * 4096), index.FindTime(5100));
        Assert.Equal(40 + (999 * 4096), index.FindTime(long.MaxValue));
    }

    private static void AssertTimes(StoreLife life)
    {
        for (long time = 9_900; time < 15_200; time += 50)
        {
            long expected = time <= 10_000 ? 0 : Math.Min(500, (time - 10_000 + 99) / 100 * 10);
            bool inMemory = life.Log(1).TryFindTimeInMemory(time, out long offset);
            if (!inMemory && life.Log(1).FindTimeOnDisk(time) is { } onDisk)
                offset = onDisk;
            Assert.Equal(expected, offset);
        }
    }
}
