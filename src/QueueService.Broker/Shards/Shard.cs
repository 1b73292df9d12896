using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using QueueService.Broker.Control;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Storage;
using QueueService.Storage.Compaction;
using QueueService.Storage.Files;

namespace QueueService.Broker.Shards;

/// <summary>
/// The single writer of all its resources: one thread takes all waiting commands, decides and applies each, writes the
/// batch, syncs it once, and only then lets the answers go.
/// </summary>
internal sealed partial class Shard : IFold, IDisposable
{
    /// <summary>More messages than one log can take between two syncs, which are a second apart.</summary>
    private const long LostOffsets = 1 << 28;

    private readonly Dictionary<uint, MessageQueue> _queues = [];
    private readonly SortedSet<uint> _resources = [];
    private readonly ConcurrentDictionary<string, MessageQueue> _named = new(StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> _scratch = new(256);
    private readonly ArrayBufferWriter<byte> _outcome = new(256);
    private readonly ShardClock _clock;
    private readonly WaiterWheel _waiters;
    private byte[] _runs = new byte[4096];
    private long[] _offsets = new long[ReceiveRequest.MaxMessages];
    private int[] _counts = new int[ReceiveRequest.MaxMessages];

    public Shard(IFileSystem files, BrokerOptions options, TimeProvider time, Action wake)
    {
        Options = options;
        Store = Store.Open(files, options.Storage, store =>
        {
            Store = store;
            _resources.Add(Catalog.Resource);
            _resources.Add(OperationTable.Resource);
            return this;
        }, wake);
        Seal = new ReceiptSeal(Store.Secret);
        KeyOf = RecordKeys.Reader(Store.Secret);
        _clock = new ShardClock(time, Store.RecoveredTime);
        Now = _clock.Advance();
        _waiters = new WaiterWheel(Now);
        RestartWeakQueues();
    }

    public BrokerOptions Options { get; }

    public Store Store { get; private set; }

    public Catalog Catalog { get; } = new();

    public FanOuts FanOuts { get; } = new();

    /// <summary>Counts what all deduplication windows hold.</summary>
    public DeduplicationTally Duplicates { get; } = new();

    public ReceiptSeal Seal { get; }

    /// <summary>By which compaction knows records.</summary>
    public KeyReader KeyOf { get; }

    /// <summary>Shard time of the current batch, Unix milliseconds.</summary>
    public long Now { get; private set; }

    /// <summary>The wall clock is more than 5 s away from shard time.</summary>
    public bool ClockIsFarOff => _clock.IsFarOff;

    /// <summary>Receives do not wait any more.</summary>
    public bool IsDraining { get; private set; }

    public int WaiterCount => _waiters.Count;

    /// <summary>Reused by receives.</summary>
    public List<(long Position, int ReceiveCount)> Chosen { get; } = [];

    /// <summary>Reused by whatever adds messages.</summary>
    public QueueRoom Room { get; } = new();

    /// <summary>Bytes that one frame may have: a batch of 16 MiB and what is written around it.</summary>
    public int MaxFrameBytes => Math.Min(20 << 20, Options.Storage.JournalFileBytes / 2);

    public MessageQueue? FindQueue(QueueName name) => FindQueue(name.Value);

    public MessageQueue? FindQueue(string name) =>
        Catalog.TryFind(name, out uint resource) ? _queues[resource] : null;

    public MessageQueue QueueOf(uint resource) => _queues[resource];

    /// <summary>Gives a page of a lane to whoever reads it; set once.</summary>
    public required Action<ReadAheadPage> StartReading { get; init; }

    /// <summary>Gives a page of a topic to whoever matches it; set once.</summary>
    public required Action<ScanPage> StartScanning { get; init; }

    /// <summary>Bodies sent to this queue need a hash. Any thread; a moment late after a change.</summary>
    public bool HashesBodies(QueueName name) => Peek(name)?.ContentBasedDeduplication == true;

    /// <summary>The definition that was applied last; null when there is none. Any thread, without waiting: a moment
    /// late after a change, or a moment before its commit.</summary>
    public QueueConfig? Peek(QueueName name) => _named.GetValueOrDefault(name.Value)?.Config;

    public IEnumerable<MessageQueue> Queues => _queues.Values;

    /// <summary>Why nothing that adds data is taken now; None when it is.</summary>
    public BrokerError WhyNoNewData() => Store.DiskFull ? BrokerError.DiskFull
        : Store.JournalFull || Store.MemoryFull ? BrokerError.Overloaded : BrokerError.None;

    /// <summary>Something was written that must be synced before anybody hears of it.</summary>
    public bool NeedsSync { get; private set; }

    /// <summary>Some answers of this turn may leave before the sync.</summary>
    public bool HasWeakReplies { get; private set; }

    /// <summary>Starts a turn: its time, and an empty batch.</summary>
    public long BeginTurn()
    {
        Now = _clock.Advance();
        NeedsSync = HasWeakReplies = false;
        Store.BeginBatch(Now);
        FindLateWaiters();
        return Now;
    }

    public long CurrentTime() => _clock.Advance();

    /// <summary>Notes what a command of a queue needs; answers when its reply may leave.</summary>
    public Durability Note(Durability level, bool wrote)
    {
        if (level != Durability.Fsync) HasWeakReplies = true;
        else if (wrote) NeedsSync = true;
        return level;
    }

    /// <summary>Writes a record of a queue into the open frame and applies it.</summary>
    public void Write(MessageQueue queue, QueueRecord type, ReadOnlySpan<byte> payload)
    {
        Span<byte> bytes = Store.AddRecord(queue.Resource, (byte)type, payload.Length);
        payload.CopyTo(bytes);
        queue.Apply(new JournalRecord(queue.Resource, (byte)type, Store.NextSequence, Now, bytes));
    }

    /// <summary>Writes a record that is a time followed by a message or by runs.</summary>
    public void Write(MessageQueue queue, QueueRecord type, long time, ReadOnlySpan<byte> rest)
    {
        Span<byte> bytes = Store.AddRecord(queue.Resource, (byte)type, sizeof(long) + rest.Length);
        BitConverter.TryWriteBytes(bytes, time);
        rest.CopyTo(bytes[sizeof(long)..]);
        queue.Apply(new JournalRecord(queue.Resource, (byte)type, Store.NextSequence, Now, bytes));
    }

    /// <summary>Writes the leases of a receive that its caller named.</summary>
    public void WriteAttempt(MessageQueue queue, UInt128 attempt, long deadline, ReadOnlySpan<byte> runs)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteFixed((ulong)attempt);
        _scratch.WriteFixed((ulong)(attempt >> 64));
        _scratch.WriteFixed((ulong)deadline);
        _scratch.Write(runs);
        Write(queue, QueueRecord.LeasedByAttempt, _scratch.WrittenSpan);
    }

    /// <summary>Writes a message into the lane that it belongs to.</summary>
    public void Write(MessageQueue queue, in SentTo sent)
    {
        Span<byte> bytes = Store.AddRecord(queue.Resource, (byte)QueueRecord.SentTo, sent.Bytes);
        sent.Write(bytes);
        queue.Apply(new JournalRecord(queue.Resource, (byte)QueueRecord.SentTo, Store.NextSequence, Now, bytes));
    }

    /// <summary>Scratch for the outcome of one command.</summary>
    public ArrayBufferWriter<byte> OutcomeBuffer()
    {
        _outcome.ResetWrittenCount();
        return _outcome;
    }

    /// <summary>Scratch for one command.</summary>
    public Span<long> OffsetBuffer(int count)
    {
        if (_offsets.Length < count) _offsets = new long[count];
        return _offsets.AsSpan(0, count);
    }

    /// <summary>Scratch for one command.</summary>
    public Span<int> CountBuffer(int count)
    {
        if (_counts.Length < count) _counts = new int[count];
        return _counts.AsSpan(0, count);
    }

    /// <summary>Ascending offsets as runs, in a buffer that the next call reuses.</summary>
    public ReadOnlySpan<byte> Runs(ReadOnlySpan<long> offsets, ReadOnlySpan<int> counts = default)
    {
        if (_runs.Length < offsets.Length * OffsetRuns.MaxBytes) _runs = new byte[offsets.Length * OffsetRuns.MaxBytes];
        return _runs.AsSpan(0, OffsetRuns.Write(_runs, offsets, counts));
    }

    /// <summary>Writes a change of a definition: one record for the catalog, one for the queue, in one frame.</summary>
    /// <param name="also">Writes more into the same frame.</param>
    public MessageQueue Define(
        uint resource, ControlRecord control, QueueRecord type, QueueName name, QueueConfig? config,
        Action<MessageQueue>? also = null)
    {
        Store.BeginFrame();
        _scratch.ResetWrittenCount();
        Catalog.Write(_scratch, resource, name, config);
        Apply(Catalog.Resource, (byte)control, _scratch.WrittenSpan);
        _scratch.ResetWrittenCount();
        if (type == QueueRecord.Created) _scratch.WriteText(name.Value);
        if (config is not null) QueueConfigFormat.Write(_scratch, config);
        MessageQueue? queue = _queues.GetValueOrDefault(resource);
        Apply(resource, (byte)type, _scratch.WrittenSpan);
        queue ??= _queues[resource];
        also?.Invoke(queue);
        EndFrame(Encoding.ASCII.GetBytes(queue.ETag()));
        return queue;
    }

    /// <summary>The queue has waiting receives and perhaps something for them: looked at before the commit.</summary>
    public void Dispatch(MessageQueue queue)
    {
        if (queue.IsTopic) queue.FanOut!.Dispatch(this);
        if (queue.AwaitsDispatch || !queue.HasCallers) return;
        queue.AwaitsDispatch = true;
        _toDispatch.Add(queue);
    }

    public void Drain() => IsDraining = true;

    public void Dispose() => Store.Dispose();

    private void Apply(uint resource, byte type, ReadOnlySpan<byte> payload)
    {
        Span<byte> bytes = Store.AddRecord(resource, type, payload.Length);
        payload.CopyTo(bytes);
        Apply(new JournalRecord(resource, type, Store.NextSequence, Now, bytes));
    }
}
