using System.Diagnostics;
using System.Globalization;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>How fast signed webhooks are delivered, and what the receivers of 100 endpoints notice when one of them
/// hangs.</summary>
internal sealed class Webhooks(Report report, ServerProcess server, WebhookReceiver receiver)
{
    private const int Endpoints = 10;
    private const int ManyEndpoints = 100;
    private const int Batch = 1_000;
    private const int Connections = 4;

    /// <summary>Of publishes: a hundred times as many deliveries.</summary>
    private static readonly TimeSpan _pace = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(10);

    private readonly Table _facts = new("webhooks", "value");

    public static async Task<int> RunAsync(Report report)
    {
        if (report.Options.Messages % Batch != 0)
            throw new BenchmarkException($"--messages must be a multiple of {Batch}.");
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync(report.Cancellation);
        await using DataServer server = DataServer.Start(report.Options, "--Webhooks:AllowedNetworks:0=127.0.0.0/8");
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        Webhooks webhooks = new(report, server.Process, receiver);
        await webhooks.MeasureThroughputAsync();
        await webhooks.MeasureHungEndpointAsync();
        return report.Finish(webhooks._facts);
    }

    /// <summary>From the first publish to the last delivery.</summary>
    private async Task MeasureThroughputAsync()
    {
        Target topic = await SubscribeAsync("many", Endpoints);
        TimeSpan cpu = server.CpuTime;
        Stopwatch time = Stopwatch.StartNew();
        LoadTally published = await LoadRun.RunRoundsAsync(
            topic, SendBatch.Create(report.Options.Body, Batch, ndjson: false),
            LoadSettings.From(report.Options, Connections), report.Options.Messages / Batch, report.Cancellation);
        report.AddFailures("publish", published);
        long deliveries = published.Messages * Endpoints;
        while (receiver.Count < deliveries)
        {
            server.ThrowIfEnded();
            await Task.Delay(_poll, TimeProvider.System, report.Cancellation);
        }

        double seconds = time.Elapsed.TotalSeconds;
        _facts.Add("messages × endpoints", $"{published.Messages:N0} × {report.Options.Body} B × {Endpoints}");
        _facts.Add("delivered and signed, 1/s", $"{deliveries / seconds:N0}");
        _facts.Add("CPU-s/M deliveries", $"{(server.CpuTime - cpu).TotalSeconds / deliveries * 1e6:0.0}");
        _facts.Add("deliveries beyond one each", $"{receiver.Count - deliveries}");
    }

    private async Task MeasureHungEndpointAsync()
    {
        Target topic = await SubscribeAsync("hundred", ManyEndpoints);
        await PublishAsync(topic, report.Options.WarmUp);
        receiver.TakeLatencies();
        List<double> well = [];
        List<double> beside = [];
        for (int round = 0; round < report.Options.Rounds; round++)
        {
            await HookAsync(topic, 0, receiver.Url);
            well.Add(await PublishAsync(topic, report.Options.Seconds));
            await HookAsync(topic, 0, receiver.HungUrl);
            beside.Add(await PublishAsync(topic, report.Options.Seconds));
        }

        (double alone, double hung) = (Median(well), Median(beside));
        _facts.Add($"p99 of {ManyEndpoints} endpoints, ms", $"{alone:0.0}");
        _facts.Add($"p99 of {ManyEndpoints - 1} beside one that hangs, ms", $"{hung:0.0}");
        _facts.Add("ratio", $"{hung / alone:0.00}");
    }

    /// <summary>Publishes at a steady pace; answers the 99th percentile from publish to delivery in milliseconds.
    /// </summary>
    private async Task<double> PublishAsync(Target topic, TimeSpan duration)
    {
        using PeriodicTimer pace = new(_pace, TimeProvider.System);
        Stopwatch time = Stopwatch.StartNew();
        while (time.Elapsed < duration)
        {
            await pace.WaitForNextTickAsync(report.Cancellation);
            using StringContent body = new(Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture));
            using HttpResponseMessage reply = await server.Client.PostAsync(
                new Uri(topic.Path + "/messages", UriKind.Relative), body, report.Cancellation);
            reply.EnsureSuccessStatusCode();
        }

        // The last ones are still on their way.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, report.Cancellation);
        return receiver.TakeLatencies().Quantile(0.99) / 1e6;
    }

    private async Task<Target> SubscribeAsync(string name, int endpoints)
    {
        Target topic = new(name, server, name) { Kind = "topics" };
        await topic.PutAsync("", new { retentionSeconds = 3_600 }, report.Cancellation);
        for (int i = 0; i < endpoints; i++) await HookAsync(topic, i, receiver.Url);
        return topic;
    }

    private Task HookAsync(Target topic, int endpoint, string url) => topic.PutAsync(
        $"/subscriptions/s{endpoint}", new { target = new { type = "webhook", url } }, report.Cancellation);

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
