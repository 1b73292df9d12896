using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>How fast the messages of a topic are copied to its queues, from the first publish to the last
/// copy.</summary>
internal static class Relay
{
    private const int Queues = 10;
    private const int Batch = 1_000;
    private const int Connections = 4;

    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(10);

    public static async Task<int> RunAsync(Report report)
    {
        if (report.Options.Messages % Batch != 0)
            throw new BenchmarkException($"--messages must be a multiple of {Batch}.");
        await using DataServer server = DataServer.Start(report.Options);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        Target topic = new("topic", server.Process, "t") { Kind = "topics" };
        await topic.PutAsync("", new { retentionSeconds = 3_600 }, report.Cancellation);
        Target[] queues =
            [.. Enumerable.Range(0, Queues).Select(i => new Target($"queue {i}", server.Process, $"q{i}"))];
        foreach (Target queue in queues)
        {
            await queue.CreateQueueAsync(report.Cancellation);
            await topic.PutAsync(
                $"/subscriptions/{queue.Queue}", new { target = new { type = "queue", queue = queue.Queue } },
                report.Cancellation);
        }

        TimeSpan cpu = server.Process.CpuTime;
        Stopwatch time = Stopwatch.StartNew();
        LoadTally published = await LoadRun.RunRoundsAsync(
            topic, SendBatch.Create(report.Options.Body, Batch, ndjson: false),
            LoadSettings.From(report.Options, Connections), report.Options.Messages / Batch, report.Cancellation);
        double publishing = time.Elapsed.TotalSeconds;
        report.AddFailures("publish", published);
        foreach (Target queue in queues) await AwaitAsync(queue, published.Messages, report.Cancellation);
        double seconds = time.Elapsed.TotalSeconds;
        long copies = published.Messages * Queues;
        Table facts = new("relay", "value");
        facts.Add("messages × queues", $"{published.Messages:N0} × {report.Options.Body} B × {Queues}");
        facts.Add("published, msg/s", $"{published.Messages / publishing:N0}");
        facts.Add("copied, copies/s", $"{copies / seconds:N0}");
        facts.Add("CPU-s/M copies", $"{(server.Process.CpuTime - cpu).TotalSeconds / copies * 1e6:0.00}");
        return report.Finish(facts);
    }

    private static async Task AwaitAsync(Target queue, long messages, CancellationToken cancellation)
    {
        while (true)
        {
            JsonElement described = await queue.Server.Client.GetFromJsonAsync<JsonElement>(
                new Uri(queue.Path, UriKind.Relative), cancellation);
            if (described.GetProperty("stats").GetProperty("available").GetInt64() >= messages) return;
            queue.Server.ThrowIfEnded();
            await Task.Delay(_poll, TimeProvider.System, cancellation);
        }
    }
}
