using QueueService.Storage.Files;
using QueueService.Storage.Journaling;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Journal;

public sealed class JournalTests
{
    [Fact]
    public void A_commit_is_one_write_and_one_sync_however_many_frames_it_has()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        life.Store.Housekeep(1000);
        long writes = disk.Count(DiskOperation.Write);
        long syncs = disk.Count(DiskOperation.Sync);
        life.Commit(
            [.. Enumerable.Range(1, 100).Select(static i => new ModelFrame(1000, [StoreLife.Create((uint)i)]))]);
        Assert.Equal(writes + 1, disk.Count(DiskOperation.Write));
        Assert.Equal(syncs + 1, disk.Count(DiskOperation.Sync));
    }

    [Fact]
    public void A_commit_without_frames_touches_no_disk()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        ulong before = disk.TraceHash;
        life.Store.BeginBatch(1000);
        life.Store.Commit(sync: true);
        Assert.Equal(before, disk.TraceHash);
    }

    [Fact]
    public void Frames_that_an_earlier_use_left_in_a_recycled_file_are_never_taken_for_new_ones()
    {
        var disk = new SimulatedDisk();
        var model = new NaiveModel();
        using (var life = StoreLife.Open(disk))
        {
            Do(life, model, StoreLife.Create(1));
            for (int round = 0; round < 6; round++)
            {
                for (int i = 0; i < 20; i++)
                    Do(life, model, StoreLife.Append(1, 100));
                life.Store.CheckpointNow(1000);
                life.Store.Housekeep(1000);
            }

            disk = disk.KillProcess();
        }

        string active =
            disk.ListFiles("journal").Last(static name => name.EndsWith(".journal", StringComparison.Ordinal));
        Assert.True(BatchesIn(disk, $"journal/{active}") > 0);
        using var next = StoreLife.Open(disk);
        next.AssertIs(model);

        // Before the new process writes, the file that it recycled is full of whole batches of the past.
        string recycled =
            disk.ListFiles("journal").Last(static name => name.EndsWith(".journal", StringComparison.Ordinal));
        Assert.True(BatchesIn(disk, $"journal/{recycled}") > 5);
        ulong sequence = next.Store.NextSequence;
        using var third = StoreLife.Open(disk.KillProcess());
        Assert.Equal(sequence, third.Store.NextSequence);
        third.AssertIs(model);
    }

    [Fact]
    public void Journal_files_are_recycled_by_renaming_and_no_new_one_is_filled()
    {
        var disk = new SimulatedDisk();
        int filled = 0;
        using var life = StoreLife.Open(disk);
        life.Commit(1000, StoreLife.Create(1));
        for (int round = 0; round < 60; round++)
        {
            if (round == 20)
                disk.Observer = happening =>
                    filled += happening is { Operation: DiskOperation.Create } && happening.Path
                    .StartsWith("journal/", StringComparison.Ordinal) ? 1 : 0;
            for (int i = 0; i < 16; i++)
            {
                life.Commit(1000, StoreLife.Append(1, 100), StoreLife.Terminal(1, life.Log(1).End));
                life.Store.Housekeep(1000);
            }

            life.Store.CheckpointNow(1000);
            life.Store.Housekeep(1000);
        }

        Assert.Equal(0, filled);
        Assert.InRange(disk.ListFiles("journal").Count, 3, 8);
    }

    [Fact]
    public void Frames_go_on_in_the_next_file_and_a_weak_commit_is_synced_before_that_file_exists()
    {
        var disk = new SimulatedDisk();
        var model = new NaiveModel();
        using (var life = StoreLife.Open(disk, JournalImage.Options))
        {
            life.Store.Housekeep(1000);
            Do(life, model, StoreLife.Create(1, stream: true));
            while (disk.ListFiles("journal").Count(static name => name.EndsWith(".journal", StringComparison.Ordinal)) < 3)
            {
                ModelRecord[] records = [StoreLife.Append(1, 3000)];
                life.Commit([new ModelFrame(1000, records)], sync: false);
                model.Apply(new ModelFrame(1000, records));
                life.Store.Housekeep(1000);
            }

            Assert.True(life.Store.HasUnsynced);
            life.Store.SyncPending();
            Assert.False(life.Store.HasUnsynced);
            disk = disk.PowerCut(4);
        }

        using var next = StoreLife.Open(disk, JournalImage.Options);
        next.AssertIs(model);
    }

    [Fact]
    public void Syncing_while_a_batch_is_gathered_does_not_call_that_batch_durable()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        life.Commit([new ModelFrame(1000, [StoreLife.Create(1)])], sync: false);
        life.Store.BeginBatch(1000);
        life.Store.BeginFrame();
        life.Store.AddRecord(1, LogRecord.Trim, sizeof(long)).Clear();
        life.Store.EndFrame();
        Assert.True(life.Store.HasUnsynced);
        life.Store.SyncPending();
        Assert.False(life.Store.HasUnsynced);
        life.Store.Commit(sync: false);
        Assert.True(life.Store.HasUnsynced);
    }

    [Fact]
    public void A_batch_larger_than_a_journal_file_is_durable_too()
    {
        var disk = new SimulatedDisk();
        using (var life = StoreLife.Open(disk))
        {
            Assert.False(life.Store.HasRoomFor(300_000));
            life.Commit(1000, StoreLife.Create(1));
            life.Commit(1000, StoreLife.Append(1, 300_000));
            life.Commit(1000, StoreLife.Append(1, 7));
            disk = disk.PowerCut(9);
        }

        using var next = StoreLife.Open(disk);
        Assert.Equal(StoreLife.Append(1, 300_000).Payload, next.Read(1, 0)!.Value.Payload);
        Assert.Equal(7, next.Read(1, 1)!.Value.Payload.Length);
    }

    [Fact]
    public void A_journal_file_of_a_newer_version_is_refused()
    {
        Span<byte> page = stackalloc byte[4096];
        JournalFormat.WriteFileHeader(page, new JournalFileHeader(1, 1, 1, 0, 0, 0));
        page[8] = 2;
        BitConverter.TryWriteBytes(page[4..], Checksum.Compute(0, page[8..64]));
        byte[] bytes = page.ToArray();
        Assert.Throws<UnknownFormatException>(() => JournalFormat.TryReadFileHeader(bytes, out _));
    }

    [Fact]
    public void The_incarnation_rises_with_each_start_also_when_nothing_was_written()
    {
        var disk = new SimulatedDisk();
        for (uint start = 1; start < 6; start++)
        {
            using var life = StoreLife.Open(disk);
            Assert.Equal(start, life.Store.Incarnation);
            Assert.Equal(start > 1, life.Store.WasUnclean);
            disk = disk.PowerCut(start);
        }
    }

    private static void Do(StoreLife life, NaiveModel model, params ModelRecord[] records)
    {
        life.Commit(1000, records);
        model.Apply(new ModelFrame(1000, records));
    }

    private static int BatchesIn(SimulatedDisk disk, string path)
    {
        using var file = disk.Open(path, FileOpening.Read);
        byte[] page = new byte[4];
        int batches = 0;
        for (long at = 4096; at < file.Length; at += 4096)
        {
            file.Read(page, at);
            batches += BitConverter.ToUInt32(page) == JournalFormat.BatchMagic ? 1 : 0;
        }

        return batches;
    }
}
