using System.Collections.Concurrent;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>The engine as it runs: a real disk, the background writer on its thread, readers on others.</summary>
public sealed class ThreadedTests : IDisposable
{
    private static readonly StorageOptions Options = StoreLife.TinyOptions with
    {
        SingleThreaded = false,
        TailCacheBytes = 256 << 10,
        SegmentBytes = 64 << 10,
        JournalFileBytes = 256 << 10,
        CheckpointJournalBytes = 512 << 10,
        SliceBytes = 1024,
    };

    private readonly string _root = Directory.CreateTempSubdirectory("queueservice-").FullName;
    private readonly History _history = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Random_work_with_the_background_writer_survives_restarts_on_the_physical_disk()
    {
        var workload = new Workload(new SeededRandom(11), _history) { MaxResources = 12 };
        for (int life = 0; life < 4; life++)
        {
            using var disk = new PhysicalFileSystem(_root);
            using var store = StoreLife.Open(disk, Options);
            _history.Continue(store);
            for (int step = 0; step < 300; step++)
                workload.Step(store);
            if (life % 2 == 0)
                store.Store.Close(workload.Time);
            _history.NoteCommit(allSynced: true);
        }
    }

    [Fact]
    public async Task Readers_on_other_threads_see_only_whole_records_while_segments_grow_and_are_deleted()
    {
        using var disk = new PhysicalFileSystem(_root);
        using var store = StoreLife.Open(disk, Options);
        store.Commit(1000, StoreLife.Create(1, stream: true));
        var log = store.Log(1);
        using var wanted = new BlockingCollection<long>(boundedCapacity: 64);
        var counts = new ConcurrentDictionary<ReadOutcome, int>();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () => ReadAll(log, wanted, counts), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        var random = new SeededRandom(3);
        long time = 1000;
        for (int i = 0; i < 4000; i++)
        {
            store.Commit(time++, StoreLife.Append(1, Size(log.End)));
            if (i % 500 == 499)
                store.Commit(time, StoreLife.Trim(1, log.End - 300));
            store.Store.Housekeep(time);
            long offset = Math.Max(0, log.End - 1 - random.Next(600));
            if (log.TryPin(offset, out var pinned))
                pinned.Release();
            else if (offset < log.SpilledEnd)
                wanted.Add(offset);
        }

        store.Store.CheckpointNow(time);
        wanted.CompleteAdding();
        await Task.WhenAll(readers);
        Assert.True(counts.GetValueOrDefault(ReadOutcome.Found) > 100);
        Assert.False(counts.ContainsKey(ReadOutcome.Damaged));
        Assert.True(store.Store.Checkpoints > 1);
        for (long offset = log.End - 200; offset < log.End; offset++)
            Assert.Equal(Size(offset), store.Read(1, offset)!.Value.Payload.Length);
    }

    private static int Size(long offset) => 100 + (int)(offset * 37 % 900);

    private static void ReadAll(
        AppendLog log, BlockingCollection<long> wanted, ConcurrentDictionary<ReadOutcome, int> counts)
    {
        using var reader = new SegmentReader();
        foreach (long offset in wanted.GetConsumingEnumerable())
        {
            var outcome = reader.Read(log, offset, out _, out var payload);
            counts.AddOrUpdate(outcome, 1, static (_, count) => count + 1);
            if (outcome != ReadOutcome.Found)
                continue;
            Assert.Equal(Size(offset), payload.Length);
            Assert.True(payload.SequenceEqual(StoreLife.Append(1, Size(offset)).Payload));
        }
    }
}
