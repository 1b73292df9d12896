using System.Text;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.QueueViews;
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
    private readonly Inbox _inbox;
    private readonly Shard _shard;
    private readonly ShardLoop _loop;
    private readonly ReplySweep _replies;
    private readonly Thread? _thread;
    private readonly TimeProvider _time;
    private int _disposed;

    private MessageBroker(IFileSystem files, BrokerOptions options, TimeProvider time, bool manual)
    {
        FsyncSelfTest.Run(files);
        _time = time;
        _inbox = new Inbox();
        _replies = new ReplySweep(inline: manual);
        _shard =
            new Shard(files, options, time, _inbox.Wake) { StartReading = StartReading, StartScanning = StartScanning };
        _loop = new ShardLoop(_shard, _inbox, _replies, options.Storage.JournalFileBytes);
        if (manual) return;
        _thread = new Thread(_loop.Run) { Name = "shard", IsBackground = true, Priority = ThreadPriority.AboveNormal };
        _thread.Start();
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

    /// <summary>Pauses a queue, or lets it go on. Answers the ETag of its definition.</summary>
    public ValueTask<Result<string>> Pause(QueueName name, bool paused, IdempotencyToken? token = null) =>
        Submit(token, static outcome => Encoding.ASCII.GetString(outcome), (shard, command) =>
            QueueDefinitions.Pause(shard, command, name, paused));

    /// <summary>Deletes a queue and all its messages.</summary>
    public async ValueTask<BrokerError> DeleteQueue(QueueName name, Precondition precondition)
    {
        long at = 0;
        BrokerError error = await Submit((shard, command) =>
        {
            at = shard.Now;
            return QueueDefinitions.Delete(shard, command, name, precondition);
        });
        if (error == BrokerError.None) Tell(new BrokerEvent(BrokerEventKind.Deleted, name, at));
        return error;
    }

    /// <summary>A queue's or topic's definition as it is at the moment, without a turn of the loop; null when there is
    /// none. It may be younger than the last commit, so it must not decide what an answer says: only how to
    /// ask.</summary>
    public QueueConfig? Peek(QueueName name) => _shard.Peek(name);

    public async ValueTask<Result<QueueDescription>> GetQueue(QueueName name)
    {
        Result<QueueDescription> result =
            await Query<QueueDescription>(shard => QueueDefinitions.Get(shard, name));
        return result.Succeeded ? result.Value with { Stats = result.Value.Stats.ReadFromDisk() } : result;
    }

    /// <summary>Adds one message or a batch, all or nothing unless the batch is partial. Takes the batch over.
    /// </summary>
    public ValueTask<Result<SendOutcome>> Send(QueueName name, MessageBatch batch, IdempotencyToken? token = null)
    {
        if (_shard.HashesBodies(name)) batch.HashBodies();
        SendCommand command = SendCommand.Rent(name, batch);
        command.Token = token;
        return Submit(command);
    }

    /// <summary>Leases messages, waiting for the first one as long as asked. A cancelled wait answers an empty list.
    /// </summary>
    public ValueTask<Result<ReceivedMessages>> Receive(
        QueueName name, ReceiveRequest request, CancellationToken cancellation) =>
        request.MovesDeadLetters ? ReceiveMoving(name, request, cancellation)
        : _shard.Store.Tier is null ? SubmitReceive(name, request, cancellation)
        : ReceiveTiered(name, request, cancellation);

    /// <summary>Ends or prolongs leases. The duration (milliseconds) is that of a release or an extension; a release
    /// without one takes that of the queue's retry policy.</summary>
    public ValueTask<Result<SettleOutcome>> Settle(
        QueueName name, Settlement settlement, IReadOnlyList<ReceiptHandle> receipts, long? milliseconds = null,
        IdempotencyToken? token = null)
    {
        SettleCommand command = SettleCommand.Rent(name, settlement, receipts, milliseconds);
        command.Token = token;
        return Submit(command);
    }

    public async ValueTask<Result<ReceivedMessages>> Browse(QueueName name, BrowseRequest request)
    {
        if (request.Since is { } since)
        {
            if (await TryFindTime(name, since) is not { } starts) return BrokerError.TierUnavailable;
            request = request with { Starts = starts };
        }

        return await Fetch(Submit<ReceivedMessages>((shard, command) =>
            MessageBrowsing.Browse(shard, command, name, request)));
    }

    /// <summary>Reports messages that could not be read back (see <see cref="ReceivedMessages.TryRead"/>): they are
    /// taken out of the queue. Answers how many there were.</summary>
    public async ValueTask<int> ReportDamage(ReceivedMessages messages)
    {
        if (messages.TakeAbsent() is var (view, absent))
            await Submit((shard, command) => AbsentRecords.End(shard, command, view, absent));
        if (messages.TakeDamaged() is not var (queue, offsets)) return 0;
        await Submit((shard, command) => MessageBrowsing.RemoveDamaged(shard, command, queue, offsets));
        return offsets.Count;
    }

    /// <summary>Answers all waiting receives now, empty, and lets no new one wait. Other work goes on.</summary>
    public void Drain() => _loop.Drain();

    /// <summary>Finishes what was accepted, writes a checkpoint and closes the files.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return ValueTask.CompletedTask;
        _loop.Stop();
        _thread?.Join();
        _loop.RefuseEverything();
        _shard.Dispose();
        _inbox.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Lets go of everything as it is, for a simulation whose process has died.</summary>
    internal void Abandon()
    {
        _shard.Dispose();
        _inbox.Dispose();
    }

    private ValueTask<Result<ReceivedMessages>> SubmitReceive(
        QueueName name, ReceiveRequest request, CancellationToken cancellation)
    {
        ReceiveCommand command = ReceiveCommand.Rent(name, request);
        return cancellation.CanBeCanceled ? ReceiveCancellable(command, cancellation) : Submit(command);
    }

    private async ValueTask<Result<QueueChange>> Complete(ValueTask<Result<QueueChange>> change)
    {
        Result<QueueChange> result = await change;
        if (!result.Succeeded) return result;
        Tell(result.Value);
        QueueDescription queue = result.Value.Queue;
        return result.Value with { Queue = queue with { Stats = queue.Stats.ReadFromDisk() } };
    }

    private async ValueTask<Dictionary<int, long>> FindTime(QueueName name, long since)
    {
        var starts = new Dictionary<int, long>();
        List<Lane> onDisk = await Ask<List<Lane>>(
            (shard, _) =>
            {
                var unknown = new List<Lane>();
                foreach (Lane lane in shard.FindQueue(name)?.Lanes ?? [])
                {
                    if (!lane.TryFindTimeInMemory(since, out long position)) unknown.Add(lane);
                    starts[lane.Number] = position;
                }

                return unknown;
            },
            []);
        foreach (Lane lane in onDisk) starts[lane.Number] = await FindTimeOnDisk(lane, since) ?? starts[lane.Number];
        return starts;
    }
}
