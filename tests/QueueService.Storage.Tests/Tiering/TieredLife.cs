using QueueService.Storage.Files;
using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Recovery;
using QueueService.Storage.Tiering;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Tiering;

/// <summary>A store with one stream whose segments go to a directory on another simulated disk.</summary>
internal sealed class TieredLife : IDisposable
{
    public const uint Stream = 1;

    private readonly StoreLife _life;

    public TieredLife(IFileSystem disk, IFileSystem objects, int cacheBytes = 1 << 20)
        : this(disk, new DirectoryObjectStore(objects), new ManualTimeProvider(), cacheBytes)
    {
    }

    public TieredLife(IFileSystem disk, IObjectStore objects, TimeProvider time, int cacheBytes = 1 << 20)
    {
        _life = StoreLife.Open(disk, StoreLife.TinyOptions with
        {
            TailCacheBytes = 8 << 10,
            RunBytes = 2 << 10,
            SegmentBytes = 8 << 10,
            Tier = new TierOptions
            {
                Objects = objects,
                BlockBytes = 4 << 10,
                CacheBytes = cacheBytes,
                Time = time,
                Failed = Failures.Add,
            },
        });
    }

    public List<Exception> Failures { get; } = [];

    public Store Store => _life.Store;

    public Tier Tier => Store.Tier!;

    public AppendLog Log => _life.Log(Stream);

    /// <summary>The first record that is needed.</summary>
    public long Floor => _life.Fold.NextLive(Log.Id, 0);

    public long Now { get; set; } = 1_000_000;

    public static byte[] Payload(long offset)
    {
        byte[] payload = new byte[200 + (int)(offset % 700)];
        new SeededRandom((ulong)offset + 1).Fill(payload);
        return payload;
    }

    public void Create() => _life.Commit(Now, StoreLife.Create(Stream, stream: true));

    public void Append(int records)
    {
        for (int i = 0; i < records; i++)
        {
            _life.Commit(Now++, StoreLife.Append(Stream, Payload(Log.End)));
            Store.Housekeep(Now);
        }
    }

    public void Trim(long floor) => _life.Commit(Now, StoreLife.Trim(Stream, floor));

    public void Delete() => _life.Commit(Now, StoreLife.Delete(Stream));

    public void Checkpoint()
    {
        Store.CheckpointNow(Now);
        for (int i = 0; i < 3; i++) Store.Housekeep(Now);
    }

    /// <summary>Moves every sealed segment; answers how many.</summary>
    public async Task<int> MoveAll()
    {
        int moved = 0;
        List<HeldSegment> due = Store.Movable(Log, long.MaxValue, 0, 100);
        try
        {
            foreach (HeldSegment segment in due)
                if (Store.MarkRemote(await Tier.Upload(segment, CancellationToken.None))) moved++;
        }
        finally
        {
            foreach (HeldSegment segment in due) segment.Release();
        }

        return moved;
    }

    /// <summary>Null when the log has no such record.</summary>
    public async Task<byte[]?> Read(long offset)
    {
        if (Log.TryPin(offset, out PinnedRecord pinned))
        {
            byte[] copy = pinned.Payload.ToArray();
            pinned.Release();
            return copy;
        }

        if (!Log.TryHold(offset, out HeldSegment held)) return null;
        try
        {
            HeldSegment fetched = held.IsRemote ? await Tier.Fetch(held, offset, default) : held;
            try
            {
                return ReadHeld(fetched, offset);
            }
            finally
            {
                if (held.IsRemote) fetched.Release();
            }
        }
        finally
        {
            held.Release();
        }
    }

    public async Task AssertHolds(long from, long to)
    {
        for (long offset = from; offset < to; offset++)
        {
            byte[]? read = await Read(offset);
            Assert.True(read is not null, $"Record {offset} is lost.");
            Assert.True(read.AsSpan().SequenceEqual(Payload(offset)), $"Record {offset} differs.");
        }
    }

    public static List<string> Objects(IFileSystem objects)
    {
        var names = new List<string>();
        foreach (string store in objects.ListFolders(""))
        {
            names.AddRange(objects.ListFiles(store).Select(name => $"{store}/{name}"));
            foreach (string log in objects.ListFolders(store))
                names.AddRange(objects.ListFiles($"{store}/{log}").Select(name => $"{store}/{log}/{name}"));
        }

        return names;
    }

    public static List<string> Files(IFileSystem disk) =>
        [.. disk.ListFolders("logs").SelectMany(folder => disk.ListFiles($"logs/{folder}"))];

    public void Dispose() => _life.Dispose();

    private static byte[]? ReadHeld(HeldSegment held, long offset)
    {
        // Nothing is remembered: what is read is what is there now.
        using var reader = new SegmentReader();
        ReadOutcome outcome = reader.Read(held, offset, out _, out ReadOnlySpan<byte> payload);
        Assert.NotEqual(ReadOutcome.Damaged, outcome);
        return outcome == ReadOutcome.Found ? payload.ToArray() : null;
    }
}
