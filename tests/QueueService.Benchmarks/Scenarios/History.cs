using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>Streams with much history: how long a start takes when it lies in many partitions, and how long it takes to
/// find a place in one by offset and by time, after a restart and with an empty page cache.</summary>
internal sealed class History(Report report, DataServer server)
{
    private const int Connections = 4;
    private const int Batch = 1_000;
    private const int ManyPartitions = 1_000;
    private const int Seeks = 500;
    private const double GoldenRatio = 0.618_033_988_749;
    private const double GiB = 1 << 30;

    private readonly Table _facts = new("history", "value");

    private BenchmarkOptions Options => report.Options;

    private CancellationToken Cancellation => report.Cancellation;

    public static async Task<int> RunAsync(Report report)
    {
        if (report.Options.External is not null)
            throw new BenchmarkException("history kills its server with -9, so it only takes one of its own.");
        if (report.Options.Messages % Batch != 0)
            throw new BenchmarkException($"--messages must be a multiple of {Batch}.");
        await using DataServer server = DataServer.Start(report.Options);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        History history = new(report, server);
        history._facts.Add("records of each stream", $"{report.Options.Messages:N0} × {report.Options.Body} B");
        await history.FillAsync("wide", ManyPartitions);
        await history.RestartAsync($"{ManyPartitions:N0} partitions");
        await history.DeleteAsync("wide");
        await history.FillAsync("deep", 1);
        await history.RestartAsync("one partition");
        await history.SeekAsync("deep");
        return report.Finish(history._facts);
    }

    private Target Stream(string name) => new(name, server.Process, name) { Kind = "streams" };

    private async Task FillAsync(string name, int partitions)
    {
        Target stream = Stream(name);
        await stream.PutAsync("", new { partitions, retentionSeconds = 86_400 }, Cancellation);
        long before = server.DiskBytes();
        Stopwatch filling = Stopwatch.StartNew();
        LoadTally sent = await LoadRun.RunRoundsAsync(
            stream, Append.Write(Options), LoadSettings.From(Options, Connections), Options.Messages / Batch,
            Cancellation);
        report.AddFailures(name, sent);
        _facts.Add($"{partitions:N0} partitions: records, filled at records/s",
            $"{sent.Messages:N0}, {sent.Messages / filling.Elapsed.TotalSeconds:N0}");
        await Task.Delay(Options.Settle, TimeProvider.System, Cancellation);
        _facts.Add($"{partitions:N0} partitions: disk, GiB", $"{(server.DiskBytes() - before) / GiB:0.0}");
    }

    private async Task RestartAsync(string what)
    {
        await server.Process.KillAsync(Cancellation);
        bool isCold = DropPageCache();
        Stopwatch starting = Stopwatch.StartNew();
        await server.CrashAndRestartAsync(Cancellation);
        await server.Process.WaitUntilReadyAsync(Cancellation);
        Report.Progress($"{what}: ready after {starting.Elapsed.TotalSeconds:0.00} s");
        _facts.Add(
            $"{what}: process start to ready, s, page cache {(isCold ? "empty" : "as it is")}",
            $"{starting.Elapsed.TotalSeconds:0.00}");
    }

    private async Task DeleteAsync(string name)
    {
        using HttpResponseMessage reply =
            await server.Process.Client.DeleteAsync(new Uri(Stream(name).Path, UriKind.Relative), Cancellation);
        reply.EnsureSuccessStatusCode();
    }

    private async Task SeekAsync(string name)
    {
        (long first, DateTimeOffset from) = await ReadAsync(name, "earliest");
        (long last, DateTimeOffset to) = await ReadAsync(name, Text(await EndAsync(name) - 1));
        LatencyHistogram byOffset = new();
        LatencyHistogram byTime = new();
        for (int i = 0; i < Seeks; i++)
        {
            // All over the partition, each place once: steps of the golden ratio.
            double place = i * GoldenRatio % 1;
            long offset = first + (long)((last - first) * place);
            DateTimeOffset time = from + ((to - from) * (1 - place));
            await TimeAsync(byOffset, () => ReadAsync(name, Text(offset)));
            await TimeAsync(byTime, () => ReadAsync(name, $"time:{time:yyyy-MM-ddTHH:mm:ss.fffZ}"));
        }

        _facts.Add("one record by offset, p50 / p99 ms", Quantiles(byOffset));
        _facts.Add("one record by time, p50 / p99 ms", Quantiles(byTime));
    }

    /// <summary>Less than what was sent when a full journal refused some.</summary>
    private async Task<long> EndAsync(string name)
    {
        Uri partitions = new(Stream(name).Path + "/partitions", UriKind.Relative);
        using JsonDocument answer =
            JsonDocument.Parse(await server.Process.Client.GetStringAsync(partitions, Cancellation));
        return answer.RootElement.EnumerateObject().First().Value[0].GetProperty("endOffset").GetInt64();
    }

    private static string Text(long offset) => offset.ToString(CultureInfo.InvariantCulture);

    private static async Task TimeAsync(LatencyHistogram latencies, Func<Task> read)
    {
        long begun = Stopwatch.GetTimestamp();
        await read();
        latencies.Record((long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds);
    }

    private async Task<(long Offset, DateTimeOffset Time)> ReadAsync(string name, string from)
    {
        Uri records = new(
            $"{Stream(name).Path}/partitions/0/records?from={Uri.EscapeDataString(from)}&limit=1", UriKind.Relative);
        using HttpResponseMessage reply = await server.Process.Client.GetAsync(records, Cancellation);
        reply.EnsureSuccessStatusCode();
        using JsonDocument page = JsonDocument.Parse(await reply.Content.ReadAsByteArrayAsync(Cancellation));
        JsonElement record = page.RootElement.GetProperty("records")[0];
        return (record.GetProperty("offset").GetInt64(), record.GetProperty("timestamp").GetDateTimeOffset());
    }

    /// <summary>Needs root; else the system keeps in memory what it likes.</summary>
    private static bool DropPageCache()
    {
        try
        {
            File.WriteAllText("/proc/sys/vm/drop_caches", "1\n");
            return true;
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }

    private static string Quantiles(LatencyHistogram latencies) => string.Create(
        CultureInfo.InvariantCulture, $"{latencies.Quantile(0.50) / 1e6:0.00} / {latencies.Quantile(0.99) / 1e6:0.00}");
}
