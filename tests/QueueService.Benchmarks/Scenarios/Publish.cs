using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>What a publish costs with many subscriptions: the body is written once, whoever reads it later.</summary>
internal static class Publish
{
    private static readonly int[] _subscriptions = [1, 100, 1_000];

    public static async Task<int> RunAsync(Report report)
    {
        await using DataServer server = DataServer.Start(report.Options);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        List<Target> topics = [];
        foreach (int count in _subscriptions)
        {
            Target topic = new($"{count} subscriptions", server.Process, $"t{count}") { Kind = "topics" };
            await topic.PutAsync("", new { retentionSeconds = 3_600 }, report.Cancellation);
            for (int i = 0; i < count; i++)
            {
                await topic.PutAsync(
                    $"/subscriptions/s{i}", new { target = new { type = "pull" } }, report.Cancellation);
            }

            topics.Add(topic);
        }

        Table table = new("subscriptions", "conn.", "msg/s", "CPU-s/M", "CPU ratio");
        foreach (int connections in report.Options.Connections)
        {
            Figures[] figures = await Comparison.AlternateAsync(
                topics, SendSingle.ClosedLoop(report.Options.Body), LoadSettings.From(report.Options, connections),
                report);
            for (int i = 0; i < figures.Length; i++)
            {
                table.Add(
                    $"{_subscriptions[i]:N0}", $"{connections}", $"{figures[i].PerSecond:N0}", $"{figures[i].Cpu:0.00}",
                    $"{figures[i].Cpu / figures[0].Cpu:0.00}");
            }
        }

        return report.Finish(table);
    }
}
