using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>How long after its acknowledgement a record reaches a reader at the tail of a stream under load.</summary>
internal sealed class Tail(Report report, Target stream)
{
    private const int Connections = 4;

    private static readonly TimeSpan _between = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<long>> _awaited = new();
    private readonly LatencyHistogram _fromAcknowledgement = new();
    private readonly LatencyHistogram _fromSend = new();

    public static async Task<int> RunAsync(Report report)
    {
        await using DataServer server = DataServer.Start(report.Options);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        Target stream = new("tail", server.Process, "tail") { Kind = "streams" };
        await stream.PutAsync("", new { partitions = 8, retentionSeconds = 3_600 }, report.Cancellation);
        return await new Tail(report, stream).MeasureAsync();
    }

    private async Task<int> MeasureAsync()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(report.Cancellation);
        Task following = FollowAsync(end.Token);
        Scenario load = Append.Write(report.Options) with { Rate = report.Options.Rate };
        Task<Measurement> loading = LoadRun.MeasureAsync(
            stream, load, LoadSettings.From(report.Options, Connections), report.Cancellation);
        long begun = Stopwatch.GetTimestamp();
        for (long probe = 0; !loading.IsCompleted; probe++)
        {
            await ProbeAsync(probe, isMeasured: Stopwatch.GetElapsedTime(begun) > report.Options.WarmUp);
            await Task.Delay(_between, TimeProvider.System, report.Cancellation);
        }

        Measurement measured = await loading;
        report.AddFailures("tail", measured.Tally);
        await end.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        Table table = new("tail", "value");
        table.Add("appended beside it, records/s", $"{measured.Tally.Messages / measured.Window.TotalSeconds:N0}");
        table.Add("probes", $"{_fromSend.Count:N0}");
        table.Add("acknowledgement to reader, p50 / p99 ms", Quantiles(_fromAcknowledgement));
        table.Add("request to reader, p50 / p99 ms", Quantiles(_fromSend));
        return report.Finish(table);
    }

    private static string Quantiles(LatencyHistogram latencies) => string.Create(
        CultureInfo.InvariantCulture, $"{latencies.Quantile(0.50) / 1e6:0.00} / {latencies.Quantile(0.99) / 1e6:0.00}");

    private async Task ProbeAsync(long probe, bool isMeasured)
    {
        TaskCompletionSource<long> arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited[probe] = arrival;
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(stream.Path + "/records", UriKind.Relative));
        request.Content = new StringContent(probe.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Message-Key", "probe");
        long sent = Stopwatch.GetTimestamp();
        using HttpResponseMessage reply = await stream.Server.Client.SendAsync(request, report.Cancellation);
        long acknowledged = Stopwatch.GetTimestamp();
        reply.EnsureSuccessStatusCode();
        long arrived = await arrival.Task.WaitAsync(_patience, TimeProvider.System, report.Cancellation);
        _awaited.TryRemove(probe, out _);
        if (!isMeasured) return;
        _fromAcknowledgement.Record(
            (long)Stopwatch.GetElapsedTime(acknowledged, Math.Max(acknowledged, arrived)).TotalNanoseconds);
        _fromSend.Record((long)Stopwatch.GetElapsedTime(sent, arrived).TotalNanoseconds);
    }

    private async Task FollowAsync(CancellationToken end)
    {
        Uri events = new(stream.Path + "/sse?from=earliest&key=probe", UriKind.Relative);
        await using Stream body = await stream.Server.Client.GetStreamAsync(events, end);
        using StreamReader lines = new(body);
        while (await lines.ReadLineAsync(end) is { } line)
        {
            if (!line.StartsWith("data:", StringComparison.Ordinal)) continue;
            long now = Stopwatch.GetTimestamp();
            using JsonDocument data = JsonDocument.Parse(line.AsMemory(5));
            if (!data.RootElement.TryGetProperty("body", out JsonElement probe)) continue;
            if (_awaited.TryGetValue(long.Parse(probe.GetString()!, CultureInfo.InvariantCulture), out var arrival))
                arrival.TrySetResult(now);
        }
    }
}
