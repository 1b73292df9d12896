using System.Diagnostics;
using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Benchmarks.Micro;

/// <summary>A FIFO queue with 100,000 groups, nine of ten blocked by a lease: what one receive costs the broker, a turn
/// of the loop for each, without syncs.</summary>
internal static class GroupBenchmark
{
    private const int Groups = 100_000;
    private const int PerGroup = 3;
    private const int Blocked = Groups / 10 * 9;
    private const int Rounds = 20_000;

    public static (double Median, double P99) Run(string directory)
    {
        using ManualBroker broker = new(directory);
        QueueName queue = broker.CreateQueue(QueueType.Fifo);
        Fill(broker, queue);
        for (int i = 0; i < Blocked; i++) Receive(broker, queue);
        double[] microseconds = new double[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            long started = Stopwatch.GetTimestamp();
            ReceiptHandle receipt = Receive(broker, queue);
            microseconds[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            broker.Finish(broker.Broker.Settle(queue, Settlement.Release, [receipt]));
        }

        Array.Sort(microseconds);
        return (microseconds[Rounds / 2], microseconds[Rounds * 99 / 100]);
    }

    private static void Fill(ManualBroker broker, QueueName queue)
    {
        byte[] body = new byte[100];
        for (int n = 0; n < PerGroup; n++)
        {
            for (int first = 0; first < Groups; first += 1_000)
            {
                MessageBatch batch = MessageBatch.Rent();
                for (int i = first; i < first + 1_000; i++)
                    batch.Add(new MessageHeaders { GroupId = string.Create(null, $"group-{i}") }, body);
                broker.Finish(broker.Broker.Send(queue, batch));
            }
        }
    }

    private static ReceiptHandle Receive(ManualBroker broker, QueueName queue)
    {
        var request = new ReceiveRequest { Max = 1, WaitMilliseconds = 0 };
        using ReceivedMessages messages = broker.Finish(
            broker.Broker.Receive(queue, request, CancellationToken.None)).Value;
        return messages.Count == 1 && messages.TryRead(0, out MessageView view)
            ? view.Receipt
            : throw new BenchmarkException("No group was free.");
    }
}
