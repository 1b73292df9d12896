using System.Diagnostics.CodeAnalysis;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Faults;
using QueueService.Storage.Tiering;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Tiering;

/// <summary>Crashes and failures at every operation while segments leave.</summary>
public sealed class TierCrashTests
{
    private const int Records = 120;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_crash_at_any_operation_of_a_move_loses_nothing_and_leaves_nothing(bool diskDies)
    {
        int step = 0;
        for (bool finished = false; !finished; step++)
        {
            var disk = new SimulatedDisk();
            var objects = new SimulatedDisk();
            try
            {
                using var life = new TieredLife(disk, objects);
                life.Create();
                life.Append(Records);
                (diskDies ? disk : objects).DieAfter(step);
                await Live(life);
                finished = true;
            }
            catch (IOException)
            {
                // It has died, which is what is tested.
            }

            await AssertRecovers(disk.PowerCut((ulong)step + 1), objects.PowerCut((ulong)step + 77), step);
        }

        Assert.True(step > 20, $"Only {step} steps were tried.");
    }

    [Theory]
    [InlineData(DiskOperation.Create)]
    [InlineData(DiskOperation.Write)]
    [InlineData(DiskOperation.Sync)]
    [InlineData(DiskOperation.Rename)]
    [InlineData(DiskOperation.SyncDirectory)]
    [InlineData(DiskOperation.CreateFolder)]
    [InlineData(DiskOperation.Open)]
    [InlineData(DiskOperation.Read)]
    public async Task A_failure_of_the_object_store_leaves_the_segment_where_it_is(DiskOperation operation)
    {
        for (int nth = 1; ; nth++)
        {
            var disk = new SimulatedDisk();
            var objects = new SimulatedDisk();
            using var life = new TieredLife(disk, objects);
            life.Create();
            life.Append(Records);
            objects.Fail(operation, nth);
            bool failed = false;
            try
            {
                await life.MoveAll();
            }
            catch (ObjectStoreException)
            {
                failed = true;
            }

            objects.StopFailing();
            await life.AssertHolds(0, Records);
            await life.Tier.DeleteObsolete(CancellationToken.None);
            Assert.Equal(
                life.Store.RemoteNames().Order(StringComparer.Ordinal),
                TieredLife.Objects(objects).Order(StringComparer.Ordinal));
            await life.MoveAll();
            await life.AssertHolds(0, Records);
            if (failed) continue;
            Assert.True(nth > 1, $"{operation} never happened.");
            return;
        }
    }

    [Fact]
    [SuppressMessage("Reliability", "CA2000", Justification = "The store is disposed with the life.")]
    [SuppressMessage("Reliability", "CA2025", Justification = "Both tasks are awaited before the life ends.")]
    public async Task While_the_object_store_does_not_answer_a_read_fails_in_time_and_the_next_one_succeeds()
    {
        var time = new ManualTimeProvider();
        var disk = new SimulatedDisk();
        using var store = new SilentStore(new DirectoryObjectStore(new SimulatedDisk()));
        using var life = TieredStore(disk, store, time);
        Task<HeldSegment> first = Fetch(life, 0);
        Task<HeldSegment> second = Fetch(life, 0);
        Assert.False(first.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(11));
        await Assert.ThrowsAsync<ObjectStoreException>(() => first);
        await Assert.ThrowsAsync<ObjectStoreException>(() => second);
        store.IsSilent = false;
        (await Fetch(life, 0)).Release();
    }

    private static async Task Live(TieredLife life)
    {
        life.Checkpoint();
        await life.MoveAll();
        life.Append(20);
        life.Checkpoint();
        life.Trim(life.Log.Segments[1].BaseOffset);
        life.Checkpoint();
        life.Checkpoint();
        await life.Tier.DeleteObsolete(CancellationToken.None);
        life.Append(5);
        life.Checkpoint();
    }

    private static async Task AssertRecovers(SimulatedDisk disk, SimulatedDisk objects, int step)
    {
        using var life = new TieredLife(disk, objects) { Now = 2_000_000 };
        await life.Tier.DeleteOrphans(life.Store.RemoteNames(), CancellationToken.None);
        Assert.Equal(
            life.Store.RemoteNames().Order(StringComparer.Ordinal),
            TieredLife.Objects(objects).Order(StringComparer.Ordinal));
        Assert.True(life.Log.End >= Records, $"Step {step}: the log ends at {life.Log.End}.");
        await life.AssertHolds(life.Floor, life.Log.End);
        await life.MoveAll();
        for (int i = 0; i < 3; i++) life.Checkpoint();
        await life.AssertHolds(life.Floor, life.Log.End);
        long remote = life.Log.Segments.Count(static segment => segment.Remote is not null);
        Assert.Equal(life.Log.Segments.Length - remote, TieredLife.Files(disk).Count);
    }

    private static TieredLife TieredStore(SimulatedDisk disk, IObjectStore store, TimeProvider time)
    {
        var life = new TieredLife(disk, store, time);
        life.Create();
        life.Append(Records);
        Assert.True(life.MoveAll().IsCompletedSuccessfully);
        ((SilentStore)store).IsSilent = true;
        return life;
    }

    private static async Task<HeldSegment> Fetch(TieredLife life, long offset)
    {
        Assert.True(life.Log.TryHold(offset, out HeldSegment held));
        try
        {
            return await life.Tier.Fetch(held, offset, default);
        }
        finally
        {
            held.Release();
        }
    }

    /// <summary>An object store behind a network that swallows what it is asked.</summary>
    private sealed class SilentStore(IObjectStore inner) : IObjectStore
    {
        public bool IsSilent { get; set; }

        public Task Put(string name, Stream content, CancellationToken cancellation) =>
            inner.Put(name, content, cancellation);

        public Task Read(string name, long position, Memory<byte> buffer, CancellationToken cancellation) => IsSilent
            ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation)
            : inner.Read(name, position, buffer, cancellation);

        public Task Delete(string name, CancellationToken cancellation) => inner.Delete(name, cancellation);

        public Task<IReadOnlyList<string>> List(string prefix, CancellationToken cancellation) =>
            inner.List(prefix, cancellation);

        public void Dispose() => inner.Dispose();
    }
}
