using System.Diagnostics;
using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Storage;
using QueueService.Storage.Files;

namespace QueueService.Benchmarks.Micro;

/// <summary>A FIFO queue with 100,000 groups, nine of ten blocked by a lease: what one receive costs the broker, a turn of
/// the loop for each, without syncs.</summary>
internal static class GroupBenchmark
{
    private const int Groups = 100_000;
    private const int PerGroup = 3;
    private const int Blocked = Groups / 10 * 9;
    private const int Rounds = 20_000;

    public static (double Median, double P99) Run(string directory)
    {
        using PhysicalFileSystem files = new(directory);
        BrokerOptions options = new() { Storage = new StorageOptions { SingleThreaded = true } };
#pragma warning disable CA2000 // Its shard is disposed below; closing it would need the loop's thread.
        MessageBroker broker = MessageBroker.OpenManually(files, options, TimeProvider.System);
#pragma warning restore CA2000
        if (!QueueName.TryParse("bench", out QueueName queue)) throw new BenchmarkException("The name is not valid.");
        QueueConfig config = new()
        {
            Type = QueueType.Fifo, Durability = Durability.Memory, VisibilityTimeoutSeconds = 3_600,
        };
        Finish(broker, broker.PutQueue(queue, config, Precondition.None));
        Fill(broker, queue);
        for (int i = 0; i < Blocked; i++) Receive(broker, queue);
        double[] microseconds = new double[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            long started = Stopwatch.GetTimestamp();
            ReceiptHandle receipt = Receive(broker, queue);
            microseconds[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            Finish(broker, broker.Settle(queue, Settlement.Release, [receipt]));
        }

        broker.Shard.Dispose();
        Array.Sort(microseconds);
        return (microseconds[Rounds / 2], microseconds[Rounds * 99 / 100]);
    }

    private static void Fill(MessageBroker broker, QueueName queue)
    {
        byte[] body = new byte[100];
        for (int n = 0; n < PerGroup; n++)
        {
            for (int first = 0; first < Groups; first += 1_000)
            {
                MessageBatch batch = MessageBatch.Rent();
                for (int i = first; i < first + 1_000; i++)
                    batch.Add(new MessageHeaders { GroupId = string.Create(null, $"group-{i}") }, body);
                Finish(broker, broker.Send(queue, batch));
            }
        }
    }

    private static ReceiptHandle Receive(MessageBroker broker, QueueName queue)
    {
        var request = new ReceiveRequest { Max = 1, WaitMilliseconds = 0 };
        using ReceivedMessages messages = Finish(broker, broker.Receive(queue, request, CancellationToken.None)).Value;
        return messages.Count == 1 && messages.TryRead(0, out MessageView view)
            ? view.Receipt
            : throw new BenchmarkException("No group was free.");
    }

    private static T Finish<T>(MessageBroker broker, ValueTask<T> call)
    {
        while (!call.IsCompleted) broker.Loop.Turn(wait: false);
#pragma warning disable VSTHRD002 // It is completed.
        return call.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }
}
