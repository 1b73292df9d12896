using System.Buffers.Binary;
using QueueService.Storage.Compaction;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Compaction;

/// <summary>A store with one log whose records have keys, and what was ever appended to it.</summary>
internal sealed class KeyedLog : IDisposable
{
    public const long Lag = 300_000;

    public const long TombstoneAge = 1_000_000;

    private readonly List<Appended> _appended = [];
    private StoreLife _life;

    public KeyedLog()
    {
        Disk = new SimulatedDisk();
        _life = StoreLife.Open(Disk, Options);
        _life.Commit(Time, StoreLife.Create(1, stream: true));
    }

    public static StorageOptions Options { get; } =
        StoreLife.TinyOptions with { SegmentBytes = 4 << 10, RunBytes = 1 << 10 };

    public SimulatedDisk Disk { get; private set; }

    public long Time { get; set; } = 1_000_000;

    public Store Store => _life.Store;

    public AppendLog Log => _life.Log(1);

    public IReadOnlyList<Appended> All => _appended;

    /// <summary>In one frame, at the time as it is.</summary>
    public void Append(params (int Key, bool IsTombstone)[] records)
    {
        _life.Commit(Time, [.. records.Select(record =>
        {
            byte[] payload = Payload(record.Key, record.IsTombstone, _appended.Count);
            _appended.Add(new Appended(record.Key, record.IsTombstone, Time, payload));
            return StoreLife.Append(1, payload);
        })]);
        _life.Store.Housekeep(Time);
    }

    /// <summary>Values of these keys, a frame each.</summary>
    public void Append(params int[] keys)
    {
        foreach (int key in keys) Append((key, false));
    }

    /// <summary>One pass to its end, after the one that is under way; what became of it, or null when it did not
    /// end.</summary>
    public CompactionOutcome? Compact(bool seals = true)
    {
        for (int turn = 0; turn < 2_000 && Store.IsCompacting && !IsDead(); turn++) Store.Housekeep(Time);
        if (IsDead()) return null;
        CompactionOutcome? outcome = null;
        Assert.True(Store.TryCompact(Log, Request() with { SealsTail = seals }, ended => outcome = ended));
        for (int turn = 0; turn < 2_000 && outcome is null && !IsDead(); turn++) Store.Housekeep(Time);
        return outcome;
    }

    public CompactionRequest Request() => new(Time, Time - Lag, Time - TombstoneAge, KeyOf);

    public void Checkpoints(int count)
    {
        for (; count > 0; count--) Store.CheckpointNow(Time);
        for (int turn = 0; turn < 5; turn++) Store.Housekeep(Time);
    }

    public void Restart(Func<SimulatedDisk, SimulatedDisk> crash)
    {
        _life.Dispose();
        Disk = crash(Disk);
        _life = StoreLife.Open(Disk, Options);
    }

    public void Reopen(SimulatedDisk disk)
    {
        _life.Dispose();
        Disk = disk;
        _life = StoreLife.Open(Disk, Options);
    }

    /// <summary>The offsets that a reader on the loop finds, in order.</summary>
    public List<long> Offsets()
    {
        var offsets = new List<long>();
        for (long at = 0; at < Log.End;)
        {
            if (!Log.TryFindPresent(at, out long present, out HeldSegment unknown))
            {
                AppendLog.LoadOffsets(unknown);
                unknown.Release();
                continue;
            }

            if (present >= Log.End) break;
            offsets.Add(present);
            at = present + 1;
        }

        return offsets;
    }

    /// <summary>What must hold whatever was compacted, lost or interrupted.</summary>
    public void Check()
    {
        Assert.Equal(_appended.Count, Log.End);
        List<long> offsets = Offsets();
        var held = offsets.ToHashSet();
        var latest = new Dictionary<int, long>();
        var next = new Dictionary<int, int>();
        for (int offset = _appended.Count - 1; offset >= 0; offset--)
        {
            Appended record = _appended[offset];
            (long, byte[])? read = held.Contains(offset) ? _life.Read(1, offset) : null;
            if (read is var (time, payload))
            {
                Assert.Equal(record.Time, time);
                Assert.Equal(record.Payload, payload);
            }
            else
            {
                Assert.False(held.Contains(offset), $"The record {offset} is announced and cannot be read.");
                bool isSuperseded = next.TryGetValue(record.Key, out int by) && _appended[by].Time <= Time - Lag;
                bool isOver = record.IsTombstone && record.Time <= Time - TombstoneAge;
                Assert.True(isSuperseded || isOver, $"The record {offset} of the key {record.Key} is lost.");
            }

            next[record.Key] = offset;
        }

        foreach (long offset in offsets) latest[_appended[(int)offset].Key] = offset;
        foreach (var group in _appended.Select(static (record, offset) => (record, offset)).GroupBy(static item => item.record.Key))
        {
            (Appended newest, int at) = group.Last();
            bool isThere = latest.TryGetValue(group.Key, out long found);
            Assert.True(isThere ? found == at : newest.IsTombstone, $"The key {group.Key} has an older value again.");
        }

        Assert.True(_appended.Count == 0 || held.Contains(_appended.Count - 1), "The newest record is gone.");
    }

    /// <summary>The names of the log's files, with their generations.</summary>
    public string[] Files() => Disk.Exists("logs/0000000001-0")
        ? [.. Disk.ListFiles("logs/0000000001-0").Order(StringComparer.Ordinal)]
        : [];

    public bool IsDead()
    {
        try
        {
            Disk.Exists("x");
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _life.Dispose();

    public static RecordKey? KeyOf(ReadOnlySpan<byte> payload)
    {
        int key = BinaryPrimitives.ReadInt32LittleEndian(payload);
        return key < 0 ? null : new RecordKey(new UInt128(77, (ulong)key * 0x9E3779B97F4A7C15), payload[4] == 1);
    }

    private static byte[] Payload(int key, bool isTombstone, int number)
    {
        byte[] payload = new byte[20 + (number % 60)];
        BinaryPrimitives.WriteInt32LittleEndian(payload, key);
        payload[4] = isTombstone ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(8), number);
        return payload;
    }

    internal sealed record Appended(int Key, bool IsTombstone, long Time, byte[] Payload);
}
