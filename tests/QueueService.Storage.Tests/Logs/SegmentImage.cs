using QueueService.Storage.Files;
using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Logs;

/// <summary>A store that was opened anew with one stream, whose 64 KiB are in one sealed segment.</summary>
internal sealed class SegmentImage : IDisposable
{
    private const int Records = 250;

    private static readonly StorageOptions Options = StoreLife.TinyOptions with
    {
        RunBytes = 4 << 10,
        SegmentBytes = 1 << 20,
        TailCacheBytes = 16 << 10,
    };

    private readonly StoreLife _life;

    public SegmentImage()
    {
        var disk = new SimulatedDisk();
        using (var life = StoreLife.Open(disk, Options))
        {
            life.Commit(1000, StoreLife.Create(1, stream: true));
            for (int i = 0; i < Records; i++)
            {
                life.Commit(1000 + i, StoreLife.Append(1, Size(i)));
                life.Store.Housekeep(1000 + i);
            }

            // Large enough to push everything before it out of memory.
            life.Commit(2000, StoreLife.Append(1, 60_000));
            life.Store.Housekeep(2000);
            life.Store.Close(2000);
        }

        Disk = disk.KillProcess();
        _life = StoreLife.Open(Disk, Options);
        Log = _life.Log(1);
        Path = $"logs/0000000001-0/{0:D20}.log";
    }

    public SimulatedDisk Disk { get; }

    public AppendLog Log { get; }

    public string Path { get; }

    public static int Size(int offset) => 40 + (offset * 131 % 400);

    /// <summary>Where each record of the segment starts.</summary>
    public static List<int> Places()
    {
        var places = new List<int>();
        int at = SegmentFormat.HeaderBytes;
        for (int i = 0; i < Records; i++)
        {
            places.Add(at);
            at += SegmentFormat.RecordHeaderBytes + Size(i);
        }

        places.Add(at);
        return places;
    }

    public byte[] Bytes()
    {
        using var file = Disk.Open(Path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }

    /// <summary>Reads with a reader that has read nothing before.</summary>
    public ReadOutcome Read(long offset)
    {
        using var reader = new SegmentReader();
        var outcome = reader.Read(Log, offset, out long time, out var payload);
        if (outcome == ReadOutcome.Found)
        {
            Assert.Equal(1000 + offset, time);
            Assert.True(payload.SequenceEqual(StoreLife.Append(1, Size((int)offset)).Payload));
        }

        return outcome;
    }

    public void Dispose() => _life.Dispose();
}
