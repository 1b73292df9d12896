using System.Reflection;
using QueueService.Benchmarks.Processes;
using QueueService.Benchmarks.Scenarios;

namespace QueueService.Benchmarks.Measuring;

/// <summary>Scenarios on the server and on the floor, a row each.</summary>
internal sealed class FloorComparison(Report report)
{
    private readonly Table _table = new(
        "scenario", "conn.", "msg/s", "p50 ms", "p99 ms", "CPU-s/M", "floor msg/s", "floor p50", "floor p99",
        "floor CPU-s/M", "CPU ratio", "msg/s ratio", "generator CPU-s/M");

    private BenchmarkOptions Options => report.Options;

    public int Finish() => report.Finish(_table);

    /// <summary>Servers are started anew, on an empty directory: no row pays for the one before it.</summary>
    public async Task MeasureAsync(Scenario scenario, int connections)
    {
        await using ServerProcess floor = await StartFloorAsync();
        await using DataServer? server = Options.FloorOnly ? null : await StartServerAsync();
        string queue = $"bench-{Environment.ProcessId}";
        List<Target> targets = scenario.IsDuplex ? [] : [new("floor", floor, queue)];
        if (server is not null) targets.Insert(0, new("server", server.Process, queue));

        foreach (Target target in targets) await target.CreateQueueAsync(report.Cancellation, scenario.QueueType);
        Figures[] figures = await Comparison.AlternateAsync(
            targets, scenario, LoadSettings.From(Options, connections), report);
        foreach (Target target in targets) await target.DeleteQueueAsync(report.Cancellation);

        AddRow(scenario, connections, server is null ? null : figures[0], scenario.IsDuplex ? null : figures[^1]);
    }

    private async Task<ServerProcess> StartFloorAsync()
    {
        Uri url = ServerProcess.FreeUrl();
        ServerProcess floor = ServerProcess.Start(
            Assembly.GetExecutingAssembly().Location, url, ["floor", "--urls", $"{url}", "--body", $"{Options.Body}"]);
        await floor.WaitUntilReadyAsync(report.Cancellation);
        return floor;
    }

    private async Task<DataServer> StartServerAsync()
    {
        DataServer server = Options.External is { } url
            ? DataServer.Attach(url, Options.Pid!.Value)
            : DataServer.Start(Options);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        return server;
    }

    private void AddRow(Scenario scenario, int connections, Figures? server, Figures? floor)
    {
        string Cell(double? value, string format) => value is { } known ? known.ToString(format) : "–";
        _table.Add(
            scenario.Name,
            $"{connections}",
            Cell(server?.PerSecond, "N0"),
            Cell(server?.P50, "0.000"),
            Cell(server?.P99, "0.000"),
            Cell(server?.Cpu, "0.00"),
            Cell(floor?.PerSecond, "N0"),
            Cell(floor?.P50, "0.000"),
            Cell(floor?.P99, "0.000"),
            Cell(floor?.Cpu, "0.00"),
            Cell(server?.Cpu / floor?.Cpu, "0.00"),
            Cell(server?.PerSecond / floor?.PerSecond, "0.00"),
            Cell((server ?? floor)?.GeneratorCpu, "0.00"));
        if (server is not null && floor is not null && Math.Abs((server.Bytes / floor.Bytes) - 1) > 0.1)
        {
            report.Note(
                $"Note: {scenario.Name} answers {server.Bytes:N0} bytes per message, the floor {floor.Bytes:N0}: " +
                "the floor's sample answers are out of date.");
        }
    }
}
