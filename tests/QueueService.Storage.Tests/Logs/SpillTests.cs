using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Logs;

public sealed class SpillTests
{
    [Fact]
    public void A_queue_that_keeps_up_never_writes_a_segment()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        life.Commit(1000, StoreLife.Create(1));
        for (int i = 0; i < 2000; i++)
        {
            life.Commit(1000 + (i * 100), StoreLife.Append(1, 300));
            life.Commit(1000 + (i * 100), StoreLife.Terminal(1, i));
            life.Store.Housekeep(1000 + (i * 100));
        }

        Assert.True(life.Store.Checkpoints > 3);
        Assert.Empty(disk.ListFolders("logs"));
        Assert.InRange(life.Store.CacheBytes, 0, 16 << 10);
    }

    [Fact]
    public void A_small_log_has_no_files_and_rides_in_the_snapshot()
    {
        var disk = new SimulatedDisk();
        using (var life = StoreLife.Open(disk))
        {
            for (uint resource = 1; resource <= 20; resource++)
                life.Commit(1000, StoreLife.Create(resource), StoreLife.Append(resource, 500));
            life.Store.Close(1000);
            Assert.Empty(disk.ListFolders("logs"));
        }

        using var next = StoreLife.Open(disk.PowerCut(1));
        for (uint resource = 1; resource <= 20; resource++)
            Assert.Equal(500, next.Read(resource, 0)!.Value.Payload.Length);
    }

    [Fact]
    public void Records_that_are_terminal_when_their_turn_comes_are_left_out_of_the_segment()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        life.Commit(1000, StoreLife.Create(1));
        for (int i = 0; i < 600; i++)
            life.Commit(1000, StoreLife.Append(1, 200));
        for (int i = 0; i < 600; i++)
            if (i % 10 != 3)
                life.Commit(1000, StoreLife.Terminal(1, i));
        for (int i = 0; i < 10; i++)
            life.Store.Housekeep(1000);
        int records = life.Log(1).Segments.Sum(static segment => segment.Extent.Records);
        Assert.InRange(records, 10, 60);
        for (int i = 3; i < 600; i += 10)
            Assert.Equal(200, life.Read(1, i)!.Value.Payload.Length);
    }

    [Fact]
    public void Memory_stays_within_its_budget_when_the_disk_keeps_up()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        var random = new SeededRandom(5);
        for (uint resource = 1; resource <= 30; resource++)
            life.Commit(1000, StoreLife.Create(resource, stream: true));
        for (int i = 0; i < 3000; i++)
        {
            life.Commit(1000 + i, StoreLife.Append(1 + (uint)random.Next(30), random.Next(2000)));
            life.Store.Housekeep(1000 + i);
            Assert.False(life.Store.MemoryFull);
        }

        Assert.InRange(life.Store.CacheBytes, 0, 3 * (64 << 10));
    }

    [Fact]
    public void A_record_larger_than_a_run_and_a_segment_is_spilled_and_read_back()
    {
        var disk = new SimulatedDisk();
        using (var life = StoreLife.Open(disk))
        {
            life.Commit(1000, StoreLife.Create(1, stream: true));
            foreach (int size in (int[])[10, 200_000, 20, 90_000, 30])
            {
                life.Commit(1000, StoreLife.Append(1, size));
                life.Store.Housekeep(1000);
            }

            life.Store.Close(2000);
        }

        using var next = StoreLife.Open(disk.PowerCut(3));
        Assert.NotEmpty(next.Log(1).Segments);
        long offset = 0;
        foreach (int size in (int[])[10, 200_000, 20, 90_000, 30])
            Assert.Equal(StoreLife.Append(1, size).Payload, next.Read(1, offset++)!.Value.Payload);
    }

    [Fact]
    public void The_writer_and_the_readers_hold_a_bounded_number_of_segment_files_open()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        for (uint resource = 1; resource <= 40; resource++)
            life.Commit(1000, StoreLife.Create(resource, stream: true));
        for (int i = 0; i < 400; i++)
        {
            life.Commit(1000, StoreLife.Append(1 + (uint)(i % 40), 1500));
            life.Store.Housekeep(1000);
        }

        Assert.True(disk.ListFolders("logs").Count > 20);
        for (uint resource = 1; resource <= 40; resource++)
            life.Read(resource, 0);

        // Four of the readers, and four of the writer.
        Assert.InRange(OpenSegments(disk), 1, 8);
    }

    [Fact]
    public void Reading_in_order_costs_one_read_of_the_file_for_many_records()
    {
        using var image = new SegmentImage();
        using var reader = new SegmentReader();
        for (long offset = 0; offset < 250; offset++)
            Assert.Equal(ReadOutcome.Found, reader.Read(image.Log, offset, out _, out _));
        long reads = image.Disk.Count(DiskOperation.Read);
        for (long offset = 0; offset < 250; offset++)
            Assert.Equal(ReadOutcome.Found, reader.Read(image.Log, offset, out _, out _));

        // Two of them find the place of the first one.
        Assert.InRange(image.Disk.Count(DiskOperation.Read) - reads, 1, 5);
    }

    [Fact]
    public void Offsets_that_were_left_out_stay_absent_through_a_restart_also_in_a_stream()
    {
        var disk = new SimulatedDisk();
        using (var life = StoreLife.Open(disk))
        {
            life.Commit(1000, StoreLife.Create(1, stream: true), StoreLife.Append(1, 10), StoreLife.Skip(1, 5));
            life.Commit(1000, StoreLife.Append(1, 20), StoreLife.Skip(1, 5000), StoreLife.Append(1, 30));
            life.Store.Close(1000);
            disk = disk.PowerCut(2);
        }

        using var next = StoreLife.Open(disk);
        Assert.Equal(10, next.Read(1, 0)!.Value.Payload.Length);
        for (int offset = 1; offset < 5; offset++)
            Assert.Null(next.Read(1, offset));
        Assert.Equal(20, next.Read(1, 5)!.Value.Payload.Length);
        Assert.Null(next.Read(1, 6));
        Assert.Null(next.Read(1, 4999));
        Assert.Equal(30, next.Read(1, 5000)!.Value.Payload.Length);
        Assert.Equal(5001, next.Log(1).End);
    }

    /// <summary>Deletes the names of all segments: what still takes space then is open.</summary>
    private static int OpenSegments(SimulatedDisk disk)
    {
        int open = 0;
        foreach (string folder in disk.ListFolders("logs"))
        {
            foreach (string name in disk.ListFiles($"logs/{folder}"))
            {
                long before = disk.UsedBytes;
                disk.Delete($"logs/{folder}/{name}");
                open += disk.UsedBytes == before ? 1 : 0;
            }
        }

        return open;
    }
}
