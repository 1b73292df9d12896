using System.Diagnostics;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>
/// What a queue costs that nobody has read from for a while: memory, disk, the restart after a crash, and whether the
/// messages that pass through it pay for those that lie in it.
/// </summary>
internal sealed class Backlog(Report report, DataServer server)
{
    private const int FillBatch = 1_000;
    private const int FillConnections = 4;
    private const int EndToEndBatchSize = 100;
    private const double MiB = 1 << 20;

    // A directory that never comes to rest is an error of its own.
    private static readonly TimeSpan _settleTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan _firstReceiveTimeout = TimeSpan.FromMinutes(2);

    private readonly Table _facts = new("backlog", "value");

    private BenchmarkOptions Options => report.Options;

    private CancellationToken Cancellation => report.Cancellation;

    private Target Target => new("with backlog", server.Process, "backlog");

    public static async Task<int> RunAsync(Report report)
    {
        if (report.Options.External is not null)
            throw new BenchmarkException("backlog kills its server with -9, so it only takes one of its own.");
        if (report.Options.Messages % FillBatch != 0)
            throw new BenchmarkException($"--messages must be a multiple of {FillBatch}.");

        await using DataServer server = DataServer.Start(report.Options);
        Backlog backlog = new(report, server);
        await backlog.MeasureFillAsync();
        await backlog.MeasureRestartAsync();
        Table costs = await backlog.MeasureCostsAsync();
        return report.Finish(backlog._facts, costs);
    }

    private async Task MeasureFillAsync()
    {
        await server.Process.WaitUntilReadyAsync(Cancellation);
        await Target.CreateQueueAsync(Cancellation);
        long empty = server.Process.ResidentBytes;
        long emptyDisk = server.DiskBytes();

        Stopwatch filling = Stopwatch.StartNew();
        LoadTally sent = await LoadRun.RunRoundsAsync(
            Target,
            SendBatch.Create(Options.Body, FillBatch, ndjson: false),
            LoadSettings.From(Options, FillConnections),
            Options.Messages / FillBatch,
            Cancellation);
        TimeSpan filled = filling.Elapsed;
        report.AddFailures("fill", sent);
        server.Process.ThrowIfEnded();
        long full = server.Process.ResidentBytes;
        await SettleAsync();
        long settled = server.Process.ResidentBytes;

        _facts.Add("messages", $"{sent.Messages:N0} × {Options.Body} B");
        _facts.Add("filled at, msg/s", $"{sent.Messages / filled.TotalSeconds:N0}");
        _facts.Add("RSS of the empty server, MiB", $"{empty / MiB:0.0}");
        _facts.Add("RSS over the empty server when filled, MiB", $"{(full - empty) / MiB:0.0}");
        _facts.Add("the same after the checkpoint, MiB", $"{(settled - empty) / MiB:0.0}");
        _facts.Add(
            "disk without the journal, bytes per message",
            $"{(server.DiskBytes() - emptyDisk) / (double)Math.Max(sent.Messages, 1):0.0}");
    }

    /// <summary>From outside, a checkpoint can only be told by the files coming to rest.</summary>
    private async Task SettleAsync()
    {
        Stopwatch waited = Stopwatch.StartNew();
        Stopwatch unchanged = Stopwatch.StartNew();
        long bytes = server.DiskBytes();
        while (unchanged.Elapsed < Options.Settle)
        {
            if (waited.Elapsed > _settleTimeout)
                throw new BenchmarkException($"The data still changes after {_settleTimeout.TotalMinutes} min.");
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Cancellation);
            long now = server.DiskBytes();
            if (now == bytes) continue;
            bytes = now;
            unchanged.Restart();
        }
    }

    private async Task MeasureRestartAsync()
    {
        Stopwatch down = Stopwatch.StartNew();
        await server.CrashAndRestartAsync(Cancellation);
        while (!await ReceivesAsync())
        {
            server.Process.ThrowIfEnded();
            if (down.Elapsed > _firstReceiveTimeout)
                throw new BenchmarkException($"Nothing was received within {_firstReceiveTimeout.TotalMinutes} min.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancellation);
        }

        _facts.Add("kill -9 until the first receive, s", $"{down.Elapsed.TotalSeconds:0.00}");
        _facts.Add("RSS after it, MiB", $"{server.Process.ResidentBytes / MiB:0.0}");
    }

    private async Task<bool> ReceivesAsync()
    {
        try
        {
            Uri receive = new($"v1/queues/{Target.Queue}/receive?max=1", UriKind.Relative);
            using HttpResponseMessage reply = await server.Process.Client.PostAsync(receive, null, Cancellation);
            byte[] body = await reply.Content.ReadAsByteArrayAsync(Cancellation);
            return reply.IsSuccessStatusCode && new ReceiptHandles(body).TryNext(out _);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<Table> MeasureCostsAsync()
    {
        await using DataServer other = DataServer.Start(Options);
        await other.Process.WaitUntilReadyAsync(Cancellation);
        Target empty = new("empty", other.Process, Target.Queue);
        await empty.CreateQueueAsync(Cancellation);

        Table costs = new("scenario", "conn.", "msg/s", "CPU-s/M", "empty msg/s", "empty CPU-s/M", "CPU ratio");
        Scenario[] scenarios =
            [EndToEndBatch.Create(Options.Body, EndToEndBatchSize), EndToEndSingle.Create(Options.Body)];
        foreach (Scenario scenario in scenarios)
        {
            int connections = Options.Connections[0];
            Figures[] figures = await Comparison.AlternateAsync(
                [Target, empty], scenario, LoadSettings.From(Options, connections), report);
            costs.Add(
                scenario.Name,
                $"{connections}",
                $"{figures[0].PerSecond:N0}",
                $"{figures[0].Cpu:0.00}",
                $"{figures[1].PerSecond:N0}",
                $"{figures[1].Cpu:0.00}",
                $"{figures[0].Cpu / figures[1].Cpu:0.00}");
        }

        return costs;
    }
}
