using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Recovery;
using QueueService.Storage.Tiering;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Tiering;

public sealed class TieringTests
{
    private const int Records = 200;

    private readonly SimulatedDisk _disk = new();
    private readonly SimulatedDisk _objects = new();

    [Fact]
    public async Task Records_are_read_back_after_their_files_have_gone_and_after_a_restart()
    {
        int moved;
        using (TieredLife life = Filled())
        {
            moved = await life.MoveAll();
            Assert.True(moved > 3);
            Assert.Equal(moved, TieredLife.Objects(_objects).Count);
            await life.AssertHolds(0, Records);
            int before = TieredLife.Files(_disk).Count;
            life.Checkpoint();
            Assert.Equal(before, TieredLife.Files(_disk).Count);
            life.Checkpoint();
            Assert.Equal(before - moved, TieredLife.Files(_disk).Count);
            await life.AssertHolds(0, Records);
        }

        using var next = new TieredLife(_disk.PowerCut(7), _objects);
        await next.AssertHolds(0, Records);
        Assert.Equal(moved, next.Store.RemoteNames().Count);
    }

    [Fact]
    public async Task A_segment_stays_while_it_is_written_and_while_the_policy_keeps_it()
    {
        using TieredLife life = Filled();
        Assert.Empty(Store.Movable(life.Log, long.MinValue, long.MaxValue, 100));
        List<HeldSegment> all = Store.Movable(life.Log, long.MaxValue, long.MaxValue, 100);
        Assert.Equal(life.Log.Segments.Length - 1, all.Count);
        all.ForEach(static segment => segment.Release());

        // As many of the oldest as bring the rest below the bound.
        long local = life.Log.Segments.Sum(static segment => (long)segment.Extent.Length);
        List<HeldSegment> some = Store.Movable(life.Log, long.MinValue, local - 1, 100);
        Assert.Equal(0, Assert.Single(some).Segment!.BaseOffset);
        some.ForEach(static segment => segment.Release());
        await life.MoveAll();
        Assert.Empty(Store.Movable(life.Log, long.MaxValue, 0, 100));
    }

    [Fact]
    public async Task Without_a_commit_the_files_go_with_the_next_checkpoints_by_themselves()
    {
        using TieredLife life = Filled();
        life.Checkpoint();
        life.Checkpoint();
        Assert.False(life.Store.CheckpointPending);
        int before = TieredLife.Files(_disk).Count;
        int moved = await life.MoveAll();
        for (int i = 0; i < 20; i++) life.Store.Housekeep(life.Now += 10_000);
        Assert.Equal(before - moved, TieredLife.Files(_disk).Count);
        Assert.False(life.Store.CheckpointPending);
    }

    [Fact]
    public async Task Trimmed_segments_and_those_of_a_deleted_log_are_deleted_from_the_object_store()
    {
        using TieredLife life = Filled();
        int moved = await life.MoveAll();
        life.Trim(life.Log.Segments[1].BaseOffset);
        for (int i = 0; i < 3; i++) life.Checkpoint();
        Assert.Equal(1, await life.Tier.DeleteObsolete(CancellationToken.None));
        Assert.Equal(moved - 1, TieredLife.Objects(_objects).Count);
        life.Delete();
        for (int i = 0; i < 3; i++) life.Checkpoint();
        _objects.Fail(DiskOperation.Delete);
        await Assert.ThrowsAsync<ObjectStoreException>(() => life.Tier.DeleteObsolete(CancellationToken.None));
        Assert.Equal(moved - 1, await life.Tier.DeleteObsolete(CancellationToken.None));
        Assert.Empty(TieredLife.Objects(_objects));
        Assert.Empty(_objects.ListFolders(""));
    }

    [Fact]
    public async Task What_an_earlier_process_could_not_delete_or_finish_is_deleted_and_nothing_of_another_store()
    {
        using (TieredLife life = Filled())
        {
            await life.MoveAll();
            life.Checkpoint();
            life.Trim(life.Log.Segments[2].BaseOffset);
            for (int i = 0; i < 3; i++) life.Checkpoint();
        }

        string store = _objects.ListFolders("")[0];
        Write(_objects, $"{store}/0000000001-0", "half.tmp");
        Write(_objects, "another", "object");
        using var next = new TieredLife(_disk.KillProcess(), _objects);
        Assert.Equal(3, await next.Tier.DeleteOrphans(next.Store.RemoteNames(), CancellationToken.None));
        Assert.Equal(
            next.Store.RemoteNames().Append("another/object").Order(StringComparer.Ordinal),
            TieredLife.Objects(_objects).Order(StringComparer.Ordinal));
        await next.AssertHolds(next.Log.Segments[0].BaseOffset, Records);
    }

    [Fact]
    public async Task A_segment_that_the_log_has_dropped_during_its_upload_is_not_brought_back()
    {
        using TieredLife life = Filled();
        HeldSegment first = Store.Movable(life.Log, long.MaxValue, 0, 1)[0];
        UploadedSegment uploaded = await life.Tier.Upload(first, CancellationToken.None);
        life.Trim(life.Log.Segments[1].BaseOffset);
        life.Checkpoint();
        Assert.False(life.Store.MarkRemote(uploaded));
        first.Release();
        Assert.Equal(1, await life.Tier.DeleteObsolete(CancellationToken.None));
        Assert.Empty(TieredLife.Objects(_objects));
    }

    [Fact]
    public async Task A_damaged_object_is_told_and_never_served_and_the_rest_stays_readable()
    {
        using TieredLife life = Filled();
        await life.MoveAll();
        string first = TieredLife.Objects(_objects).Order(StringComparer.Ordinal).First();
        _objects.FlipBit(first, 300, 3);
        ObjectStoreException damaged = await Assert.ThrowsAsync<ObjectStoreException>(() => life.Read(0));
        Assert.Contains("damaged", damaged.Message, StringComparison.Ordinal);
        Assert.Contains(first, damaged.Message, StringComparison.Ordinal);
        Assert.Same(damaged, Assert.Single(life.Failures));
        await life.AssertHolds(life.Log.Segments[1].BaseOffset, Records);
        _objects.FlipBit(first, 300, 3);
        await life.AssertHolds(0, Records);
    }

    [Fact]
    public async Task Every_flipped_bit_of_an_object_is_found()
    {
        using TieredLife life = Filled();
        await life.MoveAll();
        string name = TieredLife.Objects(_objects).Order(StringComparer.Ordinal).First();
        long end = life.Log.Segments[1].BaseOffset;
        life.Checkpoint();
        using var whole = _objects.Open(name, Storage.Files.FileOpening.Read);
        for (long at = SegmentFormat.HeaderBytes; at < whole.Length; at += 97)
        {
            _objects.FlipBit(name, at, (int)(at % 8));
            using (var next = new TieredLife(_disk.KillProcess(), _objects))
            {
                int failures = 0;
                for (long offset = 0; offset < end; offset++)
                {
                    try
                    {
                        Assert.Equal(TieredLife.Payload(offset), await next.Read(offset));
                    }
                    catch (ObjectStoreException)
                    {
                        failures++;
                    }
                }

                Assert.True(failures > 0, $"The bit at {at} was not missed.");
            }

            _objects.FlipBit(name, at, (int)(at % 8));
        }
    }

    [Fact]
    public async Task A_segment_that_is_damaged_here_does_not_leave()
    {
        using TieredLife life = Filled();
        life.Checkpoint();
        _disk.FlipBit(life.Log.Segments[0].Path, 300, 3);
        HeldSegment first = Store.Movable(life.Log, long.MaxValue, 0, 1)[0];
        await Assert.ThrowsAsync<SegmentDamagedException>(() => life.Tier.Upload(first, CancellationToken.None));
        Assert.Empty(TieredLife.Objects(_objects));
        first.MarkDamaged();
        first.Release();
        Assert.Equal(life.Log.Segments.Length - 2, await life.MoveAll());
    }

    [Fact]
    public async Task An_object_that_does_not_read_back_as_it_was_written_replaces_nothing()
    {
        using TieredLife life = Filled();
        HeldSegment first = Store.Movable(life.Log, long.MaxValue, 0, 1)[0];
        bool flipped = false;
        _objects.Observer = happening =>
        {
            if (happening.Operation != DiskOperation.Rename || flipped) return;
            flipped = true;
            _objects.FlipBit(happening.Path, 2_000, 1);
        };
        await Assert.ThrowsAsync<ObjectStoreException>(() => life.Tier.Upload(first, CancellationToken.None));
        first.Release();
        Assert.Equal(1, await life.Tier.DeleteObsolete(CancellationToken.None));
        Assert.Empty(TieredLife.Objects(_objects));
        await life.AssertHolds(0, Records);
    }

    [Fact]
    public async Task The_cache_stays_in_its_bounds_and_a_block_in_it_is_not_asked_for_again()
    {
        using TieredLife life = Filled(cacheBytes: 12 << 10);
        await life.MoveAll();
        await life.AssertHolds(0, Records);
        Assert.InRange(life.Tier.CachedBytes, 1, 12 << 10);
        Assert.InRange(_disk.ListFiles("cache").Count, 1, 3);
        _ = await life.Read(0);
        long before = _objects.Count(DiskOperation.Open);
        _ = await life.Read(0);
        _ = await life.Read(1);
        Assert.Equal(before, _objects.Count(DiskOperation.Open));
        life.Dispose();
        SimulatedDisk disk = _disk.KillProcess();
        using var next = new TieredLife(disk, _objects);
        Assert.Equal(0, next.Tier.CachedBytes);
        Assert.Empty(disk.ListFiles("cache"));
    }

    [Fact]
    public async Task A_damaged_block_in_the_cache_is_not_taken_for_a_damaged_record()
    {
        using TieredLife life = Filled();
        await life.MoveAll();
        Assert.NotNull(await life.Read(0));
        _disk.FlipBit("cache/" + _disk.ListFiles("cache")[^1], 100, 1);
        await Assert.ThrowsAsync<ObjectStoreException>(() => life.Read(0));
        await life.AssertHolds(0, Records);
    }

    [Fact]
    public async Task The_first_record_of_a_time_is_found_in_the_object_store()
    {
        using TieredLife life = Filled();
        await life.MoveAll();
        long begin = 1_000_000;
        for (long offset = 0; offset < life.Log.Segments[^1].BaseOffset; offset += 13)
            Assert.Equal(offset, await life.Tier.FindTime(life.Log, begin + offset));

        // Without asking the object store: the segment.
        Assert.Equal(
            life.Log.Segments[1].BaseOffset, life.Log.FindTimeOnDisk(begin + life.Log.Segments[1].BaseOffset + 1));
    }

    [Fact]
    public async Task A_store_with_objects_does_not_start_without_its_object_store()
    {
        using (TieredLife life = Filled())
        {
            await life.MoveAll();
            life.Checkpoint();
        }

        SimulatedDisk after = _disk.KillProcess();
        Assert.Throws<MissingTierException>(() => StoreLife.Open(after));
        using var next = new TieredLife(after, _objects);
        await next.AssertHolds(0, Records);
    }

    private static void Write(SimulatedDisk disk, string folder, string name)
    {
        disk.CreateFolder(folder);
        using var file = disk.Open($"{folder}/{name}", Storage.Files.FileOpening.New);
        file.Write([1], 0);
    }

    private TieredLife Filled(int cacheBytes = 1 << 20)
    {
        var life = new TieredLife(_disk, _objects, cacheBytes);
        life.Create();
        life.Append(Records);
        return life;
    }
}
