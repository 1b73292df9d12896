using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Scenarios;

namespace QueueService.Benchmarks.Measuring;

/// <summary>
/// Measures targets in turn, round after round: the speed of a shared machine drifts by a factor of two between hours,
/// and only what ran beside each other can be compared.
/// </summary>
internal static class Comparison
{
    /// <summary>Answers the figures of each target, in the order given. Failures go to the report.</summary>
    public static async Task<Figures[]> AlternateAsync(
        IReadOnlyList<Target> targets, Scenario scenario, LoadSettings settings, Report report)
    {
        List<Measurement>[] measured = [.. targets.Select(_ => new List<Measurement>())];
        for (int round = 1; round <= report.Options.Rounds; round++)
        {
            for (int i = 0; i < targets.Count; i++)
            {
                // A process that has just started is slower for some seconds, until its hot code is compiled again.
                LoadSettings current = round > 1 ? settings : settings with { WarmUp = 2 * settings.WarmUp };
                Measurement measurement =
                    await LoadRun.MeasureAsync(targets[i], scenario, current, report.Cancellation);
                measured[i].Add(measurement);
                string label = $"{scenario.Name}, {settings.Connections} connections, {targets[i].Name}, round {round}";
                Report.Progress(
                    $"{label}: {measurement.PerSecond:N0} msg/s, {measurement.ServerCpuPerMillion:0.00} CPU-s/M, " +
                    $"generator {measurement.GeneratorCpu / measurement.Window:0%} of a core");
                report.AddFailures(label, measurement.Tally);
            }
        }

        return [.. measured.Select(Figures.MedianOf)];
    }
}
