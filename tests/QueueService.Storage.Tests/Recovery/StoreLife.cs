using System.Buffers;
using System.Buffers.Binary;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>A store with its fold, from one start to the next.</summary>
internal sealed class StoreLife : IDisposable
{
    private readonly SegmentReader _reader = new();

    private StoreLife(Store store, LogFold fold)
    {
        Store = store;
        Fold = fold;
    }

    /// <summary>Sizes so small that hundreds of operations meet every path; deterministic.</summary>
    public static StorageOptions TinyOptions { get; } = new()
    {
        JournalFileBytes = 64 << 10,
        CheckpointJournalBytes = 256 << 10,
        CheckpointIntervalMilliseconds = 30_000,
        MaxJournalBytes = 8 << 20,
        TailCacheBytes = 64 << 10,
        RunBytes = 4 << 10,
        SegmentBytes = 16 << 10,
        MaxOpenSegments = 4,
        SliceBytes = 256,
        ReserveBytes = 32 << 10,
        SingleThreaded = true,
        Secret = 0x5EC2E7,
    };

    public Store Store { get; }

    public LogFold Fold { get; }

    public static StoreLife Open(IFileSystem disk, StorageOptions? options = null)
    {
        LogFold? fold = null;
        var store = Store.Open(disk, options ?? TinyOptions, opened => fold = new LogFold(opened), static () => { });
        return new StoreLife(store, fold!);
    }

    /// <summary>Commits one batch, as the loop of a shard does.</summary>
    public void Commit(IEnumerable<ModelFrame> frames, bool sync = true)
    {
        bool begun = false;
        foreach (var frame in frames)
        {
            if (!begun)
                Store.BeginBatch(frame.Time);
            begun = true;
            Store.BeginFrame();
            ulong sequence = Store.NextSequence;
            foreach (var (resource, type, payload) in frame.Records)
            {
                payload.CopyTo(Store.AddRecord(resource, type, payload.Length));
                Fold.Apply(new JournalRecord(resource, type, sequence, frame.Time, payload));
            }

            Assert.Equal(sequence, Store.EndFrame());
        }

        Store.Commit(sync);
    }

    /// <summary>One frame, committed.</summary>
    public void Commit(long time, params ModelRecord[] records) => Commit([new ModelFrame(time, records)]);

    public AppendLog Log(uint resource) => Fold.Resources[resource].Log;

    /// <summary>Reads a record from memory or from its segment; null when it is in neither.</summary>
    public (long Time, byte[] Payload)? Read(uint resource, long offset)
    {
        if (Log(resource).TryPin(offset, out var pinned))
        {
            var copy = (pinned.Time, pinned.Payload.ToArray());
            pinned.Release();
            return copy;
        }

        try
        {
            return ReadFromDisk(resource, offset);
        }
        catch (IOException)
        {
            // One failing read says nothing of the record: the next one has to show it.
            return ReadFromDisk(resource, offset);
        }
    }

    private (long Time, byte[] Payload)? ReadFromDisk(uint resource, long offset)
    {
        var outcome = _reader.Read(Log(resource), offset, out long time, out var payload);
        Assert.NotEqual(ReadOutcome.Damaged, outcome);
        return outcome == ReadOutcome.Found ? (time, payload.ToArray()) : null;
    }

    /// <summary>The state must be the model's bit for bit, every needed record there, and none that was never written.
    /// </summary>
    public void AssertIs(NaiveModel model)
    {
        Assert.Equal(model.Resources.Keys, Fold.Resources.Keys);
        foreach (var (id, expected) in model.Resources)
        {
            Assert.Equal(expected.Capture(), Capture(id));
            for (long offset = Math.Max(0, expected.Floor - 8); offset < expected.End; offset++)
            {
                // That nothing is invented in the place of a record which nobody needs is checked now and then.
                if (!expected.IsNeeded(offset) && offset % 7 != 0)
                    continue;
                var (time, payload) = expected.Records[(int)offset];
                var actual = Read(id, offset);
                if (actual is null && !expected.IsNeeded(offset))
                    continue;
                Assert.True(actual is not null, $"Record {offset} of resource {id} is lost.");
                Assert.True(payload is not null, $"Record {offset} of resource {id} was invented.");
                Assert.Equal(time, actual.Value.Time);
                Assert.True(payload.AsSpan().SequenceEqual(actual.Value.Payload), $"Record {offset} of {id} differs.");
            }

            Assert.Null(Read(id, expected.End));
        }
    }

    public byte[] Capture(uint resource)
    {
        var state = new ArrayBufferWriter<byte>();
        Fold.Capture(resource, state);
        return state.WrittenSpan.ToArray();
    }

    public void Dispose()
    {
        _reader.Dispose();
        Store.Dispose();
    }

    public static ModelRecord Create(uint resource, bool stream = false) =>
        new(resource, LogRecord.Create, [stream ? (byte)1 : (byte)0]);

    public static ModelRecord Append(uint resource, byte[] payload) => new(resource, LogRecord.Append, payload);

    public static ModelRecord Append(uint resource, int bytes)
    {
        byte[] payload = new byte[bytes];
        for (int i = 0; i < bytes; i++)
            payload[i] = (byte)(i + bytes);
        return new(resource, LogRecord.Append, payload);
    }

    public static ModelRecord Terminal(uint resource, long offset) =>
        new(resource, LogRecord.Terminal, LogRecord.Number(offset));

    public static ModelRecord Trim(uint resource, long floor) => new(resource, LogRecord.Trim, LogRecord.Number(floor));

    public static ModelRecord Skip(uint resource, long offset) =>
        new(resource, LogRecord.Skip, LogRecord.Number(offset));

    public static ModelRecord Delete(uint resource) => new(resource, LogRecord.Delete, []);
}
