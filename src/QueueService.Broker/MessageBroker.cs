using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Broker;

/// <summary>
/// The broker as the server sees it: every operation is one call, and every answer leaves after the commit that covers
/// it. Safe for any number of concurrent callers. A ValueTask is awaited once.
/// </summary>
/// <remarks>
/// Any operation may answer StorageFailed, ShuttingDown or Overloaded, and those that add data DiskFull.
/// </remarks>
public sealed partial class MessageBroker : IAsyncDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly Inbox _inbox;
    private readonly Shard _shard;
    private readonly ShardLoop _loop;
    private readonly ReplySweep _replies;
    private readonly Thread? _thread;
    private readonly ITimer? _sweepTimer;
    private int _sweeping;
    private int _disposed;

    private MessageBroker(IFileSystem files, BrokerOptions options, TimeProvider time, bool manual)
    {
        FsyncSelfTest.Run(files);
        _inbox = new Inbox();
        _replies = new ReplySweep(inline: manual);
        _shard = new Shard(files, options, time, _inbox.Wake);
        _loop = new ShardLoop(_shard, _inbox, _replies, options.Storage.JournalFileBytes);
        if (manual) return;
        _thread = new Thread(_loop.Run) { Name = "shard", IsBackground = true, Priority = ThreadPriority.AboveNormal };
        _thread.Start();
        _sweepTimer = time.CreateTimer(static state => _ = ((MessageBroker)state!).Sweep(), this, SweepInterval, SweepInterval);
    }

    public BrokerHealth Health => _loop.Failure is not null ? BrokerHealth.StorageFailed
        : _loop.IsDraining ? BrokerHealth.Draining
        : _loop.DiskFull ? BrokerHealth.DiskFull : BrokerHealth.Ready;

    /// <summary>Why the broker takes nothing more; null while it works.</summary>
    public Exception? Failure => _loop.Failure;

    /// <summary>What the start had to replay.</summary>
    public (long Frames, long Bytes) Replayed => _shard.Store.Replayed;

    /// <summary>The turns, for a simulation that is its own loop.</summary>
    internal ShardLoop Loop => _loop;

    internal Shard Shard => _shard;

    /// <summary>Opens (or creates) the data directory, recovers and starts the shard.</summary>
    /// <exception cref="IOException">The directory is locked by another process, or unreadable.</exception>
    public static MessageBroker Open(IFileSystem files, BrokerOptions options, TimeProvider time) =>
        new(files, options, time, manual: false);

    /// <summary>As <see cref="Open"/>, without a thread: the caller runs <see cref="Loop"/>.</summary>
    internal static MessageBroker OpenManually(IFileSystem files, BrokerOptions options, TimeProvider time) =>
        new(files, options, time, manual: true);

    /// <summary>Creates a queue, or replaces its mutable settings.</summary>
    public ValueTask<Result<QueueChange>> PutQueue(QueueName name, QueueConfig config, Precondition precondition) =>
        Complete(Submit<QueueChange>((shard, command) =>
            QueueDefinitions.Put(shard, command, name, config, precondition)));

    /// <summary>Changes a queue: the function gets the current settings and answers the new ones. It runs on the loop:
    /// it must be short and must not fail.</summary>
    public ValueTask<Result<QueueChange>> PatchQueue(
        QueueName name, Func<QueueConfig, QueueConfig> change, Precondition precondition) =>
        Complete(Submit<QueueChange>((shard, command) =>
            QueueDefinitions.Patch(shard, command, name, change, precondition)));

    /// <summary>Deletes a queue and all its messages.</summary>
    public async ValueTask<BrokerError> DeleteQueue(QueueName name, Precondition precondition)
    {
        long at = 0;
        BrokerError error = await Submit((shard, command) =>
        {
            at = shard.Now;
            return QueueDefinitions.Delete(shard, command, name, precondition);
        });
        if (error == BrokerError.None) Tell(new BrokerEvent(BrokerEventKind.QueueDeleted, name, at));
        return error;
    }

    public async ValueTask<Result<QueueDescription>> GetQueue(QueueName name)
    {
        Result<QueueDescription> result =
            await Submit<QueueDescription>((shard, _) => QueueDefinitions.Get(shard, name));
        return result.Succeeded ? result.Value with { Stats = result.Value.Stats.ReadFromDisk() } : result;
    }

    /// <summary>Adds one message or a batch, all or nothing unless the batch is partial. Takes the batch over.
    /// </summary>
    public ValueTask<Result<SendOutcome>> Send(QueueName name, MessageBatch batch) =>
        Submit(SendCommand.Rent(name, batch));

    /// <summary>Leases messages, waiting for the first one as long as asked. A cancelled wait answers an empty list.
    /// </summary>
    public ValueTask<Result<ReceivedMessages>> Receive(
        QueueName name, ReceiveRequest request, CancellationToken cancellation)
    {
        ReceiveCommand command = ReceiveCommand.Rent(name, request);
        return cancellation.CanBeCanceled
            ? ReceiveCancellable(command, cancellation)
            : Submit(command);
    }

    /// <summary>Ends or prolongs leases. The duration (milliseconds) is that of a release or an extension; a release
    /// without one takes that of the queue's retry policy.</summary>
    public ValueTask<Result<SettleOutcome>> Settle(
        QueueName name, Settlement settlement, IReadOnlyList<ReceiptHandle> receipts, long? milliseconds = null) =>
        Submit(SettleCommand.Rent(name, settlement, receipts, milliseconds));

    public async ValueTask<Result<ReceivedMessages>> Browse(QueueName name, BrowseRequest request)
    {
        if (request.Since is { } since) request = request with { From = await FindTime(name, since, request.From) };
        return await Submit<ReceivedMessages>((shard, command) =>
            MessageBrowsing.Browse(shard, command, name, request));
    }

    /// <summary>Removes all messages, leased ones too, in one commit.</summary>
    public ValueTask<BrokerError> Purge(QueueName name) =>
        Submit((shard, command) => MessageBrowsing.Purge(shard, command, name));

    /// <summary>Reports messages that could not be read back (see <see cref="ReceivedMessages.TryRead"/>): they are
    /// taken out of the queue. Answers how many there were.</summary>
    public async ValueTask<int> ReportDamage(ReceivedMessages messages)
    {
        if (messages.TakeDamaged() is not var (queue, offsets)) return 0;
        await Submit((shard, command) => MessageBrowsing.RemoveDamaged(shard, command, queue, offsets));
        return offsets.Count;
    }

    /// <summary>Answers all waiting receives now, empty, and lets no new one wait. Other work goes on.</summary>
    public void Drain() => _loop.Drain();

    /// <summary>Finishes what was accepted, writes a checkpoint and closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        if (_sweepTimer is not null) await _sweepTimer.DisposeAsync();
        _loop.Stop();
        _thread?.Join();
        _loop.RefuseEverything();
        _shard.Dispose();
        _inbox.Dispose();
    }

    /// <summary>Lets go of everything as it is, for a simulation whose process has died.</summary>
    internal void Abandon()
    {
        _shard.Dispose();
        _inbox.Dispose();
    }

    private async ValueTask<Result<QueueChange>> Complete(ValueTask<Result<QueueChange>> change)
    {
        Result<QueueChange> result = await change;
        if (!result.Succeeded) return result;
        Tell(result.Value);
        QueueDescription queue = result.Value.Queue;
        return result.Value with { Queue = queue with { Stats = queue.Stats.ReadFromDisk() } };
    }

    private async ValueTask<long> FindTime(QueueName name, long since, long from)
    {
        (AppendLog? log, long offset, bool known) = await Ask<(AppendLog?, long, bool)>((shard, _) =>
        {
            if (shard.FindQueue(name) is not { } queue) return (null, 0L, true);
            bool found = queue.Log.TryFindTimeInMemory(since, out long inMemory);
            return (queue.Log, inMemory, found);
        });
        if (!known && log?.FindTimeOnDisk(since) is { } onDisk) offset = onDisk;
        return Math.Max(from, offset);
    }

    /// <summary>One pass of dead-lettering, of retention and of alarms. Called by the timer, and by simulations.</summary>
    internal async Task Sweep()
    {
        if (Interlocked.Exchange(ref _sweeping, 1) == 1) return;
        try
        {
            await MoveDoomed();
            await ExpireMoved();
            var onDisk = await Ask<List<(MessageQueue, long, long)>>(RetentionSweep.Sweep, []);
            foreach ((MessageQueue queue, long before, long memoryStart) in onDisk)
            {
                // Nothing on disk is young enough: then everything up to where memory started is too old. Where it
                // starts now would be wrong: what was in memory when the disk was asked may be on disk by now.
                long floor = queue.Log.FindTimeOnDisk(before) ?? memoryStart;
                await Ask<bool>((shard, command) =>
                {
                    command.Queue = queue;
                    return command.Wrote = RetentionSweep.Expire(shard, queue, floor);
                });
            }

            await EvaluateAlarms();
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }
}
