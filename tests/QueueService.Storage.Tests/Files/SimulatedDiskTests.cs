using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Files;

public sealed class SimulatedDiskTests : FolderContract
{
    private readonly SimulatedDisk _disk = new();

    protected override IFileSystem Disk => _disk;

    [Fact]
    public void The_chosen_sync_fails_and_only_that_one()
    {
        using var file = Disk.Open("log", FileOpening.New);
        _disk.Fail(DiskOperation.Sync, nth: 2);

        file.Sync();
        Assert.Throws<IOException>(file.Sync);
        file.Sync();
        Assert.Equal(3, _disk.Count(DiskOperation.Sync));
    }

    [Fact]
    public void A_failure_can_last()
    {
        using var file = Disk.Open("log", FileOpening.New);
        _disk.Fail(DiskOperation.Write, times: int.MaxValue, fault: DiskFault.DiskFull);

        Assert.Throws<DiskFullException>(() => file.Write("x"u8, 0));
        Assert.Throws<DiskFullException>(() => file.Write("x"u8, 0));
        _disk.StopFailing();
        file.Write("x"u8, 0);
    }

    [Theory]
    [InlineData(DiskOperation.Open)]
    [InlineData(DiskOperation.Read)]
    [InlineData(DiskOperation.Rename)]
    [InlineData(DiskOperation.List)]
    public void Every_operation_can_fail(DiskOperation operation)
    {
        Create("log", "hello");
        _disk.Fail(operation);

        Assert.Throws<IOException>(() =>
        {
            ReadAll("log");
            Disk.ListFiles("");
            Disk.Rename("log", "other");
        });
    }

    [Fact]
    public void A_write_past_the_capacity_keeps_what_fits_and_says_that_the_disk_is_full()
    {
        _disk.Capacity = 8192;
        using var file = Disk.Open("log", FileOpening.New);

        Assert.Throws<DiskFullException>(() => file.Write(Pattern(10_000), 0));
        Assert.Equal(Pattern(8192), ReadAll(file));
        Assert.Equal(8192, _disk.UsedBytes);
    }

    [Fact]
    public void Overwriting_needs_no_space_on_a_full_disk()
    {
        using var file = Disk.Open("log", FileOpening.New);
        file.Write(new byte[8192], 0);
        _disk.Capacity = 0;
        file.Write(Pattern(8192), 0);

        Assert.Equal(Pattern(8192), ReadAll(file));
    }

    [Fact]
    public void Extending_a_file_without_writing_takes_no_space()
    {
        _disk.Capacity = 0;
        using var file = Disk.Open("log", FileOpening.New);
        file.SetLength(1_000_000);

        Assert.Throws<DiskFullException>(() => file.Write("x"u8, 0));
        Assert.Equal(0, _disk.UsedBytes);
    }

    [Fact]
    public void Space_returns_when_a_file_is_cut_replaced_or_deleted_and_closed()
    {
        Create("old", "x");
        Create("new", "x");
        Disk.Rename("new", "old");
        Assert.Equal(4096, _disk.UsedBytes);

        using (var file = Disk.Open("old", FileOpening.Existing))
        {
            file.Write(new byte[20_000], 0);
            file.SetLength(5000);
            Assert.Equal(8192, _disk.UsedBytes);
            Disk.Delete("old");
            Assert.Equal(8192, _disk.UsedBytes);
        }

        Assert.Equal(0, _disk.UsedBytes);
    }

    [Fact]
    public void A_flipped_bit_is_on_the_disk_and_in_the_cache()
    {
        Create("log", "aaa");
        Disk.SyncAll();
        _disk.FlipBit("log", 1, 1);

        Assert.Equal("aca"u8, ReadAll("log"));
        using var file = _disk.PowerCut(1).Open("log", FileOpening.Read);
        Assert.Equal("aca"u8, ReadAll(file));
    }

    [Fact]
    public void The_same_operations_leave_the_same_trace()
    {
        Assert.Equal(Trace("hello"), Trace("hello"));
        Assert.NotEqual(Trace("hello"), Trace("hellp"));

        static ulong Trace(string text)
        {
            var disk = new SimulatedDisk();
            using var file = disk.Open("log", FileOpening.New);
            file.Write(System.Text.Encoding.UTF8.GetBytes(text), 0);
            file.Sync();
            return disk.TraceHash;
        }
    }

    [Fact]
    public void An_observer_sees_the_operations_in_their_order()
    {
        var seen = new List<DiskOperation>();
        _disk.Observer = happening => seen.Add(happening.Operation);
        using (var file = Disk.Open("log", FileOpening.New))
        {
            file.Write("hello"u8, 0);
            file.Sync();
        }

        Disk.Rename("log", "other");
        Assert.Equal([DiskOperation.Create, DiskOperation.Write, DiskOperation.Sync, DiskOperation.Rename], seen);
        Assert.Equal(5, _disk.BytesWritten);
    }
}
