using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Files;

public sealed class FsyncSelfTestTests
{
    [Fact]
    public void A_sync_that_swallows_its_error_is_found()
    {
        var error = Assert.Throws<InvalidOperationException>(
            static () => FsyncSelfTest.MustFail("fdatasync", static () => { }));

        Assert.Contains("fdatasync", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sync_of_the_journal_reports_what_the_kernel_refuses()
    {
        using var device = new PhysicalFile("/dev/null", Posix.OpenReadWrite);

        var error = Assert.Throws<IOException>(device.Sync);
        Assert.Contains("fdatasync of '/dev/null' failed with EINVAL", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_device_is_reported_as_a_full_disk()
    {
        using var device = new PhysicalFile("/dev/full", Posix.OpenReadWrite);

        Assert.Throws<DiskFullException>(() => device.Write("x"u8, 0));
    }

    [Theory]
    [InlineData(DiskOperation.Create)]
    [InlineData(DiskOperation.Write)]
    [InlineData(DiskOperation.Sync)]
    [InlineData(DiskOperation.SyncDirectory)]
    [InlineData(DiskOperation.Delete)]
    public void A_directory_that_cannot_be_written_or_synced_fails_at_start(DiskOperation operation)
    {
        var disk = new SimulatedDisk();
        disk.Fail(operation);

        Assert.Throws<IOException>(() => FsyncSelfTest.Run(disk));
    }
}
