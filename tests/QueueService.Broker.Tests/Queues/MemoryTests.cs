using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Storage;
using QueueService.Storage.Files;

namespace QueueService.Broker.Tests.Queues;

/// <summary>Measured on the thread of the turns, so that other tests do not matter.</summary>
public sealed class MemoryTests
{
    private static readonly BrokerOptions Options = new()
    {
        Storage = new StorageOptions
        {
            JournalFileBytes = 4 << 20, CheckpointJournalBytes = 8 << 20, TailCacheBytes = 1 << 20, RunBytes = 64 << 10,
            SegmentBytes = 8 << 20, ReserveBytes = 0, SingleThreaded = true, Secret = 42,
        },
    };

    [Fact]
    public void A_backlog_of_a_million_untouched_messages_takes_no_memory_per_message()
    {
        const int Messages = 1_000_000;
        const int PerBatch = 1_000;
        using var harness = new BrokerHarness(Options);
        harness.CreateQueue();
        MessageQueue queue = harness.Broker.Shard.FindQueue(BrokerHarness.Name())!;
        for (int i = 0; i < Messages / PerBatch; i++)
        {
            MessageBatch batch = MessageBatch.Rent();
            for (int n = 0; n < PerBatch; n++) batch.Add(MessageHeaders.None, "0123456789"u8);
            while (harness.Run(() => harness.Broker.Send(BrokerHarness.Name(), batch)).Error == BrokerError.Overloaded)
                { }
        }

        Assert.Equal(Messages, harness.Stats().Available);
        Assert.Equal(0, queue.TouchedCount);
        Assert.InRange(harness.Broker.Shard.Store.CacheBytes, 0, 4 << 20);

        // A snapshot of the queue is the same few bytes as that of an empty one.
        var state = new System.Buffers.ArrayBufferWriter<byte>();
        queue.Capture(state);
        Assert.InRange(state.WrittenCount, 1, 200);
        Assert.Equal("0123456789", Assert.Single(harness.Receive(1)).Body);
    }

    [Fact]
    public void Sending_receiving_and_acknowledging_allocate_a_fixed_number_of_bytes_in_the_shard()
    {
        // The real disk: the simulated one allocates.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("queueservice-");
        using (var files = new PhysicalFileSystem(folder.FullName))
        {
#pragma warning disable CA2000 // It is abandoned, as there is no thread to dispose.
            MessageBroker broker = MessageBroker.OpenManually(
                files, Options with { Storage = Options.Storage with { SingleThreaded = false } }, TimeProvider.System);
#pragma warning restore CA2000
            Create(broker);
            var bytes = new List<long>[] { [], [], [] };
            ReceiptHandle[] receipts = new ReceiptHandle[1];
            for (int round = 0; round < 400; round++)
            {
                bytes[0].Add(
                    Measure(
                        broker, () => broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("x")), static _ => { }));
                bytes[1].Add(Measure(
                    broker, () => broker.Receive(BrokerHarness.Name(), Once, CancellationToken.None),
                    result => receipts[0] = BrokerHarness.Read(result.Value)[0].Receipt));
                bytes[2].Add(Measure(
                    broker, () => broker.Settle(BrokerHarness.Name(), Settlement.Acknowledge, receipts),
                    static _ => { }));
            }

            broker.Abandon();

            // An acknowledgement's answer is an array of outcomes in an object; the rest is pooled.
            Assert.Equal([0, 0, 72], bytes.Select(static list => Median(list)));
        }

        folder.Delete(recursive: true);
    }

    private static ReceiveRequest Once { get; } = new() { Max = 1, WaitMilliseconds = 0 };

    private static void Create(MessageBroker broker)
    {
        // The continuation runs where the answer is given: in the turn, not in the test framework's own time.
        SynchronizationContext.SetSynchronizationContext(null);
        ValueTask<Result<QueueChange>> created =
            broker.PutQueue(BrokerHarness.Name(), new QueueConfig(), Precondition.None);
        broker.Loop.Turn(wait: false);
        Assert.True(created.IsCompletedSuccessfully);
    }

    /// <summary>Growing a table once in a while is not what is fixed here.</summary>
    private static long Median(List<long> bytes) => bytes.Order().ElementAt(bytes.Count / 2);

    /// <summary>The bytes that one turn allocates for a call.</summary>
    private static long Measure<T>(MessageBroker broker, Func<ValueTask<T>> start, Action<T> use)
    {
        ValueTask<T> call = start();
        long before = GC.GetAllocatedBytesForCurrentThread();
        broker.Loop.Turn(wait: false);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        use(BrokerHarness.Answer(call));
        return allocated;
    }
}
