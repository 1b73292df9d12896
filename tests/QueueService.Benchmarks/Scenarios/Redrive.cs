using System.Net.Http.Json;
using System.Text.Json;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>How fast a redrive moves messages back, and what senders to the same queue notice of it.</summary>
internal sealed class Redrive(Report report, DataServer server)
{
    private const int FillBatch = 1_000;
    private const int FillConnections = 4;
    private const int SendConnections = 4;

    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(20);

    private readonly Table _facts = new("redrive", "value");

    private Target Source => new("source", server.Process, "jobs");

    private Target Dead => new("dead letters", server.Process, "dead");

    public static async Task<int> RunAsync(Report report)
    {
        if (report.Options.Messages % FillBatch != 0)
            throw new BenchmarkException($"--messages must be a multiple of {FillBatch}.");
        await using DataServer server = DataServer.Start(report.Options);
        Redrive redrive = new(report, server);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        await redrive.Source.CreateQueueAsync(report.Cancellation);
        await redrive.Dead.CreateQueueAsync(report.Cancellation);
        await redrive.MeasureAsync();
        return report.Finish(redrive._facts);
    }

    private async Task MeasureAsync()
    {
        BenchmarkOptions options = report.Options;
        Scenario send = SendSingle.OpenLoop(options.Body, options.Rate);
        LoadSettings settings = LoadSettings.From(options, SendConnections);
        LoadTally filled = await LoadRun.RunRoundsAsync(
            Dead, SendBatch.Create(options.Body, FillBatch, ndjson: false),
            LoadSettings.From(options, FillConnections), options.Messages / FillBatch, report.Cancellation);
        report.AddFailures("fill", filled);
        Measurement alone = await LoadRun.MeasureAsync(Source, send, settings, report.Cancellation);
        report.AddFailures("sends alone", alone.Tally);

        // The sends begin with the redrive, and their window ends before it does.
        TimeSpan cpu = server.Process.CpuTime;
        Task<JsonElement> moving = MoveAsync();
        Measurement beside = await LoadRun.MeasureAsync(
            Source, send, settings with { WarmUp = TimeSpan.FromMilliseconds(200) }, report.Cancellation);
        report.AddFailures("sends beside the redrive", beside.Tally);
        if (moving.IsCompleted)
            report.Note("Note: the redrive ended before the window of the sends: use more messages.");
        JsonElement done = await moving;
        cpu = server.Process.CpuTime - cpu;
        Describe(alone, beside, done, cpu);
    }

    private async Task<JsonElement> MoveAsync()
    {
        HttpClient client = server.Process.Client;
        using HttpResponseMessage created = await client.PostAsJsonAsync(
            new Uri($"v1/queues/{Dead.Queue}/redrive", UriKind.Relative), new { to = Source.Queue },
            report.Cancellation);
        Uri operation = created.EnsureSuccessStatusCode().Headers.Location!;
        while (true)
        {
            JsonElement state = await client.GetFromJsonAsync<JsonElement>(operation, report.Cancellation);
            if (state.TryGetProperty("finishedAt", out _)) return state;
            server.Process.ThrowIfEnded();
            await Task.Delay(_poll, TimeProvider.System, report.Cancellation);
        }
    }

    private void Describe(Measurement alone, Measurement beside, JsonElement done, TimeSpan cpu)
    {
        long moved = done.GetProperty("result").GetProperty("affected").GetInt64();
        TimeSpan took =
            done.GetProperty("finishedAt").GetDateTimeOffset() - done.GetProperty("startedAt").GetDateTimeOffset();
        _facts.Add("messages", $"{moved:N0} × {report.Options.Body} B");
        _facts.Add("status", done.GetProperty("status").GetString()!);
        _facts.Add("moved, msg/s", $"{moved / took.TotalSeconds:N0}");
        _facts.Add("CPU with the sends, CPU-s/M moved", $"{cpu.TotalSeconds / Math.Max(moved, 1) * 1e6:0.00}");
        AddLatency($"sends alone at {report.Options.Rate}/s", alone);
        AddLatency("sends beside the redrive", beside);
    }

    private void AddLatency(string name, Measurement measured) => _facts.Add(
        $"{name}, p50 / p99 ms",
        $"{measured.Tally.Latencies.Quantile(0.50) / 1e6:0.000} / {measured.Tally.Latencies.Quantile(0.99) / 1e6:0.000}");
}
