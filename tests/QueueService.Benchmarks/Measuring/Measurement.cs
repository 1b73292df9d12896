using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Measuring;

/// <summary>One window: what was counted, and what it cost both sides.</summary>
internal sealed record Measurement(LoadTally Tally, TimeSpan Window, TimeSpan ServerCpu, TimeSpan GeneratorCpu)
{
    public double PerSecond => Tally.Messages / Window.TotalSeconds;

    public double ServerCpuPerMillion => PerMillion(ServerCpu);

    public double GeneratorCpuPerMillion => PerMillion(GeneratorCpu);

    public double BytesPerMessage => Tally.ReplyBytes / (double)Math.Max(Tally.Messages, 1);

    private double PerMillion(TimeSpan cpu) => cpu.TotalSeconds / Math.Max(Tally.Messages, 1) * 1e6;
}

/// <summary>The figures of a table: each the median of its rounds. Latencies in milliseconds, CPU in seconds per
/// million messages.</summary>
internal sealed record Figures(double PerSecond, double P50, double P99, double Cpu, double GeneratorCpu, double Bytes)
{
    public static Figures MedianOf(IReadOnlyList<Measurement> rounds) => new(
        Median(rounds, round => round.PerSecond),
        Median(rounds, round => round.Tally.Latencies.Quantile(0.50) / 1e6),
        Median(rounds, round => round.Tally.Latencies.Quantile(0.99) / 1e6),
        Median(rounds, round => round.ServerCpuPerMillion),
        Median(rounds, round => round.GeneratorCpuPerMillion),
        Median(rounds, round => round.BytesPerMessage));

    private static double Median(IReadOnlyList<Measurement> rounds, Func<Measurement, double> figure)
    {
        double[] sorted = [.. rounds.Select(figure).Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
