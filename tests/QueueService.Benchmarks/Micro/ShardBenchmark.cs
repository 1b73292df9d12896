using System.Diagnostics;
using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Storage;
using QueueService.Storage.Files;

namespace QueueService.Benchmarks.Micro;

/// <summary>One thread drives the shard's turns, a thousand commands each, without syncs: what deciding, applying and
/// writing cost.</summary>
internal static class ShardBenchmark
{
    private const int PerTurn = 1_000;
    private const int Turns = 100;

    public static IEnumerable<OperationResult> Run(string directory)
    {
        using PhysicalFileSystem files = new(directory);
        BrokerOptions options = new() { Storage = new StorageOptions { SingleThreaded = true } };
#pragma warning disable CA2000 // Its shard is disposed below; closing it would need the loop's thread.
        MessageBroker broker = MessageBroker.OpenManually(files, options, TimeProvider.System);
#pragma warning restore CA2000
        if (!QueueName.TryParse("bench", out QueueName queue)) throw new BenchmarkException("The name is not valid.");
        QueueConfig config = new() { Durability = Durability.Memory, VisibilityTimeoutSeconds = 3_600 };
        Finish(broker, [broker.PutQueue(queue, config, Precondition.None)]);
        byte[] body = new byte[100];
        List<ReceiptHandle> receipts = [];
        List<OperationResult> results = [];
        for (int pass = 0; pass < 2; pass++)
        {
            // The second pass counts: the code is compiled and the pools are filled.
            results.Clear();
            receipts.Clear();
            results.Add(Measure("send", broker, () =>
            {
                MessageBatch batch = MessageBatch.Rent();
                batch.Add(MessageHeaders.None, body);
                return broker.Send(queue, batch);
            }, static _ => { }));
            results.Add(Measure("receive", broker,
                () => broker.Receive(queue, new ReceiveRequest { Max = 1, WaitMilliseconds = 0 }, CancellationToken.None),
                result =>
                {
                    if (result.Value.TryRead(0, out MessageView view)) receipts.Add(view.Receipt);
                    result.Value.Dispose();
                }));
            int next = 0;
            results.Add(Measure("acknowledge", broker,
                () => broker.Settle(queue, Settlement.Acknowledge, [receipts[next++]]), static _ => { }));
        }

        broker.Shard.Dispose();
        return results;
    }

    private static OperationResult Measure<T>(
        string name, MessageBroker broker, Func<ValueTask<T>> start, Action<T> finish)
    {
        var calls = new ValueTask<T>[PerTurn];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        for (int turn = 0; turn < Turns; turn++)
        {
            for (int i = 0; i < PerTurn; i++) calls[i] = start();
            foreach (T result in Finish(broker, calls)) finish(result);
        }

        double operations = PerTurn * Turns;
        return new OperationResult(
            name, Stopwatch.GetElapsedTime(started).TotalNanoseconds / operations,
            (GC.GetAllocatedBytesForCurrentThread() - allocated) / operations);
    }

    private static T[] Finish<T>(MessageBroker broker, ValueTask<T>[] calls)
    {
        while (!calls[^1].IsCompleted) broker.Loop.Turn(wait: false);
#pragma warning disable VSTHRD002 // They are completed.
        return Array.ConvertAll(calls, static call => call.GetAwaiter().GetResult());
#pragma warning restore VSTHRD002
    }
}
