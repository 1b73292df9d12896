using System.Diagnostics;
using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Benchmarks.Micro;

/// <summary>One thread drives the shard's turns, a thousand commands each, without syncs: what deciding, applying and
/// writing cost.</summary>
internal static class ShardBenchmark
{
    private const int PerTurn = 1_000;
    private const int Turns = 100;

    public static IEnumerable<OperationResult> Run(string directory)
    {
        using ManualBroker manual = new(directory);
        MessageBroker broker = manual.Broker;
        QueueName queue = manual.CreateQueue(QueueType.Standard);
        byte[] body = new byte[100];
        List<ReceiptHandle> receipts = [];
        List<OperationResult> results = [];
        for (int pass = 0; pass < 2; pass++)
        {
            // The second pass counts: the code is compiled and the pools are filled.
            results.Clear();
            receipts.Clear();
            results.Add(Measure("send", manual, () =>
            {
                MessageBatch batch = MessageBatch.Rent();
                batch.Add(MessageHeaders.None, body);
                return broker.Send(queue, batch);
            }, static _ => { }));
            results.Add(Measure("receive", manual,
                () =>
                    broker.Receive(queue, new ReceiveRequest { Max = 1, WaitMilliseconds = 0 }, CancellationToken.None),
                result =>
                {
                    if (result.Value.TryRead(0, out MessageView view)) receipts.Add(view.Receipt);
                    result.Value.Dispose();
                }));
            int next = 0;
            results.Add(Measure("acknowledge", manual,
                () => broker.Settle(queue, Settlement.Acknowledge, [receipts[next++]]), static _ => { }));
        }

        return results;
    }

    private static OperationResult Measure<T>(
        string name, ManualBroker broker, Func<ValueTask<T>> start, Action<T> finish)
    {
        var calls = new ValueTask<T>[PerTurn];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        for (int turn = 0; turn < Turns; turn++)
        {
            for (int i = 0; i < PerTurn; i++) calls[i] = start();
            foreach (ValueTask<T> call in calls) finish(broker.Finish(call));
        }

        double operations = PerTurn * Turns;
        return new OperationResult(
            name, Stopwatch.GetElapsedTime(started).TotalNanoseconds / operations,
            (GC.GetAllocatedBytesForCurrentThread() - allocated) / operations);
    }
}
