using System.Diagnostics;
using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Storage.Files;

namespace QueueService.Benchmarks.Micro;

/// <summary>Producers in this process that each send one message, wait for its commit, and send the next.</summary>
internal static class ProducerBenchmark
{
    public static async Task<SendResult> RunAsync(
        string directory, int producers, BenchmarkOptions options, CancellationToken stop)
    {
        using PhysicalFileSystem files = new(directory);
        await using MessageBroker broker = MessageBroker.Open(files, new BrokerOptions(), TimeProvider.System);
        if (!QueueName.TryParse("bench", out QueueName queue)) throw new BenchmarkException("The name is not valid.");
        await broker.PutQueue(queue, new QueueConfig(), Precondition.None);
        await Send(broker, queue, producers, options.Body, options.WarmUp, stop);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
        long started = Stopwatch.GetTimestamp();
        List<long> latencies = await Send(broker, queue, producers, options.Body, options.Seconds, stop);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        double cpuSeconds = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        long count = latencies.Count;
        latencies.Sort();
        return new SendResult(
            count / seconds, Microseconds(latencies[latencies.Count / 2]), Microseconds(
                latencies[latencies.Count * 99 / 100]),
            cpuSeconds / count * 1e6, (double)allocated / count);
    }

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    private static async Task<List<long>> Send(
        MessageBroker broker, QueueName queue, int producers, int body, TimeSpan duration, CancellationToken stop)
    {
        long end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        Task<List<long>>[] running =
            [.. Enumerable.Range(0, producers).Select(_ => Produce(broker, queue, body, end, stop))];
        List<long>[] latencies = await Task.WhenAll(running);
        return [.. latencies.SelectMany(static all => all)];
    }

    private static async Task<List<long>> Produce(
        MessageBroker broker, QueueName queue, int body, long end, CancellationToken stop)
    {
        await Task.Yield();
        byte[] bytes = new byte[body];
        Array.Fill(bytes, (byte)'x');
        List<long> latencies = new(1 << 12);
        for (long now = Stopwatch.GetTimestamp(); now < end && !stop.IsCancellationRequested;)
        {
            MessageBatch batch = MessageBatch.Rent();
            batch.Add(MessageHeaders.None, bytes);
            Result<SendOutcome> result = await broker.Send(queue, batch);
            if (!result.Succeeded) throw new BenchmarkException($"A send answered {result.Error}.");
            long done = Stopwatch.GetTimestamp();
            latencies.Add(done - now);
            now = done;
        }

        return latencies;
    }
}
