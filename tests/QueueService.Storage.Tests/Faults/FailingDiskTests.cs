using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;
using Xunit.Abstractions;

namespace QueueService.Storage.Tests.Faults;

/// <summary>R5: every operation of a workload fails once, each in a run of its own.</summary>
public sealed class FailingDiskTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(DiskOperation.Sync)]
    [InlineData(DiskOperation.SyncDirectory)]
    [InlineData(DiskOperation.Write)]
    [InlineData(DiskOperation.StartWriteback)]
    [InlineData(DiskOperation.Create)]
    [InlineData(DiskOperation.Open)]
    [InlineData(DiskOperation.Read)]
    [InlineData(DiskOperation.List)]
    [InlineData(DiskOperation.SetLength)]
    [InlineData(DiskOperation.Rename)]
    [InlineData(DiskOperation.Delete)]
    [InlineData(DiskOperation.CreateFolder)]
    [InlineData(DiskOperation.DeleteFolder)]
    public void When_any_one_operation_fails_nothing_acknowledged_is_lost_and_the_store_works_again(
        DiskOperation operation)
    {
        int runs = FailEach(operation, recovers: false) + FailEach(operation, recovers: true);
        Assert.True(runs > 0);
    }

    [Theory]
    [InlineData(DiskOperation.SyncAll)]
    [InlineData(DiskOperation.SyncDirectory)]
    public void So_it_is_when_a_checkpoint_has_so_many_files_that_one_call_syncs_them_all(DiskOperation operation) =>
        Assert.True(FailEach(operation, recovers: false, wide: true) > 0);

    private int FailEach(DiskOperation operation, bool recovers, bool wide = false)
    {
        const ulong Seed = 8;
        int count = new FaultRun(Seed, cutsPower: true, recovers, wide).CountOf(operation);

        // Every sync and every name; of the many writes and reads a part, unless there is time for all.
        bool isFrequent = operation is DiskOperation.Write or DiskOperation.StartWriteback or DiskOperation.Read
            or DiskOperation.Open or DiskOperation.List;
        int stride = isFrequent && !Seeds.IsSoak ? 1 + (count / 60) : 1;
        int runs = (count + stride - 1) / stride;
        int stopped = 0;
        Seeds.RunAll(ci: 2 * runs, soak: 2 * runs, run =>
        {
            var faulty = new FaultRun(Seed, cutsPower: run % 2 == 0, recovers, wide);
            faulty.Run(operation, nth: 1 + ((int)run / 2 * stride));
            if (faulty.Stopped)
                Interlocked.Increment(ref stopped);
        });
        output.WriteLine($"{2 * runs} runs for {count} operations; {stopped} of them stopped the store.");
        return runs;
    }
}
