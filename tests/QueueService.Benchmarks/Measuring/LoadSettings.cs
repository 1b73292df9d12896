namespace QueueService.Benchmarks.Measuring;

/// <summary>How hard and how long one measurement presses.</summary>
internal readonly record struct LoadSettings(int Connections, int Threads, TimeSpan WarmUp, TimeSpan Window)
{
    public static LoadSettings From(BenchmarkOptions options, int connections) =>
        new(connections, options.Threads, options.WarmUp, options.Seconds);
}
