using System.Diagnostics;
using System.Globalization;
using System.Text;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;
using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Storage.Files;

namespace QueueService.Benchmarks.Micro;

/// <summary>How fast a partition with ten records of each key is compacted, and what a durable send beside it pays.
/// </summary>
internal static class CompactionBenchmark
{
    private const int RecordsPerKey = 10;
    private const int Batch = 1_000;

    public static async Task<int> RunAsync(BenchmarkOptions options, string commandLine, CancellationToken stop)
    {
        string directory = Repository.CreateDataDirectory(options.Data);
        try
        {
            if (!StreamName.TryParse("bench", out StreamName stream)
                || !QueueName.TryParse("bench", out QueueName queue))
                throw new BenchmarkException("The name is not valid.");
            await Fill(directory, stream, options, stop);

            // As after a pause: what was appended is old enough by now.
            using PhysicalFileSystem files = new(directory);
            await using MessageBroker broker = MessageBroker.Open(files, new BrokerOptions(), new LaterTime());
            await broker.PutQueue(queue, new QueueConfig(), Precondition.None);
            using CancellationTokenSource pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Task<List<long>> alone = Send(broker, queue, options.Body, pause.Token);
            await Task.Delay(options.Seconds, TimeProvider.System, stop);
            await pause.CancelAsync();
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            List<long> before = await alone;
            Task<List<long>> beside = Send(broker, queue, options.Body, end.Token);
            long started = Stopwatch.GetTimestamp();
            TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
            CompactionRun run = await broker.CompactStreams(all: true, stop);
            TimeSpan took = Stopwatch.GetElapsedTime(started);
            cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
            await end.CancelAsync();
            List<long> during = await beside;
            if (run.Failures.Count > 0) throw new BenchmarkException(run.Failures[0]);

            Table table = new("compaction", "value");
            table.Add(
                "records", $"{options.Messages:N0} × {options.Body} B, {options.Messages / RecordsPerKey:N0} keys");
            table.Add("records/s", $"{options.Messages / took.TotalSeconds:N0}");
            table.Add("dropped", $"{run.Dropped:N0}");
            table.Add("bytes", $"{run.BytesBefore:N0} became {run.BytesAfter:N0}");
            table.Add("seconds, CPU-seconds with the sends", Text(took.TotalSeconds, cpu.TotalSeconds));
            table.Add("durable send alone, p50 and p99 ms", Text(Quantile(before, 50), Quantile(before, 99)));
            table.Add("durable send beside it, p50 and p99 ms", Text(Quantile(during, 50), Quantile(during, 99)));
            Console.WriteLine($"\n{table}\nCommand: `{commandLine}`\nMachine: {Machine.Describe(directory)}");
            return 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task Fill(
        string directory, StreamName stream, BenchmarkOptions options, CancellationToken stop)
    {
        using PhysicalFileSystem files = new(directory);
        await using MessageBroker broker = MessageBroker.Open(files, new BrokerOptions(), TimeProvider.System);
        await broker.PutQueue(stream.Address, new QueueConfig
        {
            RetentionSeconds = StreamLimits.DefaultRetentionSeconds,
            Durability = Durability.Os,
            Stream = new StreamConfig { Cleanup = CleanupPolicy.Compact },
        }, Precondition.None);
        byte[] body = new byte[options.Body];
        Array.Fill(body, (byte)'x');
        long keys = Math.Max(1, options.Messages / RecordsPerKey);
        for (long sent = 0; sent < options.Messages && !stop.IsCancellationRequested;)
        {
            using MessageBatch batch = MessageBatch.Rent();
            for (int i = 0; i < Batch && sent < options.Messages; i++, sent++)
            {
                // Scattered, as keys of a table are.
                long key = (long)((ulong)sent * 2_654_435_761 % (ulong)keys);
                batch.Add(new MessageHeaders { Key = key.ToString(CultureInfo.InvariantCulture) }, body);
            }

            Result<AppendOutcome> result = await broker.Append(stream, batch);
            if (result.Error == BrokerError.Overloaded) sent -= batch.Count;
            else if (!result.Succeeded) throw new BenchmarkException($"An append answered {result.Error}.");
        }
    }

    private static async Task<List<long>> Send(
        MessageBroker broker, QueueName queue, int body, CancellationToken stop)
    {
        await Task.Yield();
        byte[] bytes = Encoding.ASCII.GetBytes(new string('x', body));
        List<long> latencies = new(1 << 14);
        while (!stop.IsCancellationRequested)
        {
            long began = Stopwatch.GetTimestamp();
            MessageBatch batch = MessageBatch.Rent();
            batch.Add(MessageHeaders.None, bytes);
            Result<SendOutcome> result = await broker.Send(queue, batch);
            if (!result.Succeeded) throw new BenchmarkException($"A send answered {result.Error}.");
            latencies.Add(Stopwatch.GetTimestamp() - began);
        }

        latencies.Sort();
        return latencies;
    }

    private static double Quantile(List<long> sorted, int percent) => sorted.Count == 0
        ? 0
        : sorted[(int)((sorted.Count - 1L) * percent / 100)] * 1e3 / Stopwatch.Frequency;

    private static string Text(double first, double second) =>
        string.Create(CultureInfo.InvariantCulture, $"{first:0.00}, {second:0.00}");

    /// <summary>The system's clock, ten minutes ahead.</summary>
    private sealed class LaterTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromMinutes(10);
    }
}
