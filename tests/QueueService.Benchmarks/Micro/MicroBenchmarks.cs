using System.Globalization;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Micro;

/// <summary>What the broker costs without HTTP: durable sends from many producers, and single operations of the shard.
/// </summary>
internal static class MicroBenchmarks
{
    public static async Task<int> RunAsync(BenchmarkOptions options, string commandLine, CancellationToken stop)
    {
        string directory = Repository.CreateDataDirectory(options.Data);
        try
        {
            Table sends =
                new("durable sends, 100 B", "producers", "msg/s", "p50 µs", "p99 µs", "CPU-s/M", "B allocated");
            foreach (int producers in (int[])[1, 64, 1_024])
            {
                SendResult result = await ProducerBenchmark.RunAsync(
                    Path.Combine(directory, $"send-{producers}"), producers, options, stop);
                sends.Add("in process, fsync", Number(producers), Number(result.MessagesPerSecond),
                    Number(result.MedianMicroseconds), Number(result.P99Microseconds),
                    result.CpuSecondsPerMillion.ToString("0.00", CultureInfo.InvariantCulture),
                    Number(result.AllocatedPerMessage));
            }

            Table operations = new("operation of the shard", "ns", "B allocated");
            foreach (OperationResult result in ShardBenchmark.Run(Path.Combine(directory, "shard")))
                operations.Add(result.Name, Number(result.Nanoseconds), Number(result.AllocatedBytes));
            Table groups = new("FIFO, 100,000 groups, 90 % blocked", "p50 µs", "p99 µs");
            (double median, double p99) = GroupBenchmark.Run(Path.Combine(directory, "groups"));
            groups.Add("receive", Number(median), Number(p99));
            Table filters = new("10,000 filters, 10 match", "p50 µs", "p99 µs", "B allocated", "µs to add one");
            foreach (FilterResult result in FilterBenchmark.Run())
                filters.Add(result.Name, Tenths(result.Median), Tenths(result.P99), Number(result.AllocatedBytes),
                    Tenths(result.AddMicroseconds));
            Console.WriteLine($"\n{sends}\n{operations}\n{groups}\n{filters}");
            Console.WriteLine($"Command: `{commandLine}`");
            Console.WriteLine($"Machine: {Machine.Describe(directory)}");
            return 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Tenths(double value) => value.ToString("N1", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

internal sealed record SendResult(
    double MessagesPerSecond, double MedianMicroseconds, double P99Microseconds, double CpuSecondsPerMillion,
    double AllocatedPerMessage);

internal sealed record OperationResult(string Name, double Nanoseconds, double AllocatedBytes);
