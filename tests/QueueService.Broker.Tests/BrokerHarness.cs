using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Storage;
using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Broker.Tests;

/// <summary>A broker without threads on a simulated disk and a clock that is moved by hand: every test is one sequence
/// of turns.</summary>
internal sealed class BrokerHarness : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly Func<SimulatedDisk, IFileSystem> _wrap;

    /// <param name="wrap">Puts something between the broker and its disk.</param>
    public BrokerHarness(BrokerOptions? options = null, Func<SimulatedDisk, IFileSystem>? wrap = null)
    {
        Options = options ?? Small;
        _wrap = wrap ?? (static disk => disk);
        Broker = Open();
    }

    /// <summary>Sizes at which a few hundred operations meet every path of the storage.</summary>
    public static BrokerOptions Small { get; } = new()
    {
        Storage = new StorageOptions
        {
            JournalFileBytes = 256 << 10,
            CheckpointJournalBytes = 512 << 10,
            MaxJournalBytes = 16 << 20,
            TailCacheBytes = 32 << 10,
            RunBytes = 4 << 10,
            SegmentBytes = 16 << 10,
            ReserveBytes = 0,
            SingleThreaded = true,
            Secret = 42,
        },
    };

    public BrokerOptions Options { get; }

    public ManualTimeProvider Time { get; } = new(Start);

    public SimulatedDisk Disk { get; private set; } = new();

    public MessageBroker Broker { get; private set; }

    public static QueueName Name(string text = "jobs") =>
        QueueName.TryParse(text, out QueueName name) ? name : throw new ArgumentException(text);

    public static MessageBatch Batch(params string[] bodies)
    {
        MessageBatch batch = MessageBatch.Rent();
        foreach (string body in bodies) batch.Add(MessageHeaders.None, Encoding.UTF8.GetBytes(body));
        return batch;
    }

    public static MessageBatch DelayedBatch(string body, long? delay)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(MessageHeaders.None, Encoding.UTF8.GetBytes(body), new SendOptions { DelayMilliseconds = delay });
        return batch;
    }

    /// <summary>Runs turns until the call is answered.</summary>
    public T Run<T>(Func<ValueTask<T>> start, int turns = 100)
    {
        // Continuations run where the answer is given: in the turn.
        SynchronizationContext.SetSynchronizationContext(null);
        ValueTask<T> call = start();
        for (; !call.IsCompleted; turns--)
        {
            if (turns == 0) throw new InvalidOperationException("The call waits for something.");
            Broker.Loop.Turn(wait: false);
        }

        return Answer(call);
    }

    /// <summary>Of a call that is completed.</summary>
    public static T Answer<T>(ValueTask<T> call)
    {
        Assert.True(call.IsCompleted);
#pragma warning disable VSTHRD002 // It is completed.
        return call.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    /// <summary>Of a call that is completed.</summary>
    public static T Answer<T>(Task<T> call) => Answer(new ValueTask<T>(call));

    /// <summary>Starts a call that may wait; its answer comes in a later turn.</summary>
    public static Task<T> Begin<T>(Func<ValueTask<T>> start)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        return start().AsTask();
    }

    public Task<Result<ReceivedMessages>> StartReceive(
        int wait, int max = 10, bool auto = false, CancellationToken cancellation = default) =>
        Begin(() => Broker.Receive(
            Name(), new ReceiveRequest { Max = max, WaitMilliseconds = wait, AcknowledgeOnReceipt = auto },
            cancellation));

    /// <summary>Starts a receive and lets it stand in line.</summary>
    public Task<Result<ReceivedMessages>> Wait(int wait, int max = 10, CancellationToken cancellation = default)
    {
        Task<Result<ReceivedMessages>> call = StartReceive(wait, max, auto: false, cancellation);
        Turn();
        Assert.False(call.IsCompleted);
        return call;
    }

    public void Turn() => Broker.Loop.Turn(wait: false);

    public QueueChange CreateQueue(string name = "jobs", QueueConfig? config = null)
    {
        Result<QueueChange> result =
            Run(() => Broker.PutQueue(Name(name), config ?? new QueueConfig(), Precondition.None));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value;
    }

    public SendOutcome Send(params string[] bodies)
    {
        Result<SendOutcome> result = Run(() => Broker.Send(Name(), Batch(bodies)));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value;
    }

    public List<Received> Receive(int max = 10, long? visibility = null, bool auto = false)
    {
        var request = new ReceiveRequest
        {
            Max = max, WaitMilliseconds = 0, VisibilityMilliseconds = visibility, AcknowledgeOnReceipt = auto,
        };
        Result<ReceivedMessages> result = Run(() => Broker.Receive(Name(), request, CancellationToken.None));
        Assert.Equal(BrokerError.None, result.Error);
        return Read(result.Value);
    }

    public List<Received> ReceiveFrom(string queue, int max = 10) => Read(Run(() =>
        Broker.Receive(Name(queue), new ReceiveRequest { Max = max }, CancellationToken.None)).Value);

    /// <summary>One pass of the periodic work.</summary>
    public void Sweep() => Run(() => new ValueTask<bool>(Swept(Broker)), turns: 1_000);

    public BrokerError[] Settle(Settlement settlement, long milliseconds, params ReceiptHandle[] receipts)
    {
        Result<SettleOutcome> result = Run(() => Broker.Settle(Name(), settlement, receipts, milliseconds));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value.Errors;
    }

    public BrokerError[] Acknowledge(params ReceiptHandle[] receipts) => Settle(Settlement.Acknowledge, 0, receipts);

    public QueueStats Stats() => Run(() => Broker.GetQueue(Name())).Value.Stats;

    public static List<Received> Read(ReceivedMessages messages)
    {
        var read = new List<Received>();
        using (messages)
        {
            for (int i = 0; i < messages.Count; i++)
            {
                if (messages.TryRead(i, out MessageView view))
                {
                    read.Add(new Received(
                        Encoding.UTF8.GetString(view.Body), view.Id, view.Receipt, view.ReceiveCount, view.State));
                }
            }
        }

        return read;
    }

    public void Advance(TimeSpan time) => Time.Advance(time);

    public void AdvanceMilliseconds(long milliseconds) => Time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    public List<Received> Browse(MessageState? state = null) =>
        Read(Run(() => Broker.Browse(Name(), new BrowseRequest { Limit = 1_000, State = state })).Value);

    public BrokerError DeleteMessage(MessageId id) => Run(() => Broker.DeleteMessage(Name(), id));

    public Result<SendOutcome> TrySend(string body, long? delay = null, string queue = "jobs") =>
        Run(() => Broker.Send(Name(queue), DelayedBatch(body, delay)));

    /// <summary>Ends the process as kill -9 does and starts a new one on what the page cache kept.</summary>
    public void KillAndRestart() => Restart(Disk.KillProcess());

    /// <summary>Cuts the power and starts on what the disk kept.</summary>
    public void CutPowerAndRestart(ulong seed) => Restart(Disk.PowerCut(seed));

    /// <summary>Closes the broker as an orderly stop does, and starts a new one.</summary>
    public void CloseAndRestart()
    {
        Broker.Loop.Stop();
        Broker.Loop.Run();
        if (Broker.Failure is { } failure) throw new IOException("The broker could not be closed.", failure);
        Broker.Abandon();
        Broker = Open();
    }

    public void Dispose() => Broker.Abandon();

    private static async Task<bool> Swept(MessageBroker broker)
    {
        await broker.Sweep();
        return true;
    }

    private void Restart(SimulatedDisk disk)
    {
        Broker.Abandon();
        Disk = disk;
        Broker = Open();
    }

    private MessageBroker Open() => MessageBroker.OpenManually(_wrap(Disk), Options, Time);
}

/// <summary>One message as a test sees it.</summary>
internal sealed record Received(string Body, MessageId Id, ReceiptHandle Receipt, int ReceiveCount, MessageState State);
