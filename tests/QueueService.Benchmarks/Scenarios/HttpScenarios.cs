using QueueService.Benchmarks.Measuring;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>The scenarios that are compared with the floor, by their names on the command line.</summary>
internal static class HttpScenarios
{
    private const int Batch = 100;

    /// <summary>As the target names it.</summary>
    private const int Groups = 10_000;

    // One caller at a time would hide that a second one had to wait; at this rate four are never busy at once.
    private const int LatencyConnections = 4;

    public static async Task<int> RunAsync(string name, Report report)
    {
        Scenario scenario = Find(name, report.Options);
        FloorComparison comparison = new(report);
        int[] connections = scenario.Rate is null ? report.Options.Connections : [LatencyConnections];
        foreach (int count in connections) await comparison.MeasureAsync(scenario, count);
        return comparison.Finish();
    }

    /// <summary>Every scenario as the targets name it.</summary>
    public static async Task<int> RunAllAsync(Report report)
    {
        int body = report.Options.Body;
        FloorComparison comparison = new(report);
        await comparison.MeasureAsync(SendSingle.ClosedLoop(body), 16);
        await comparison.MeasureAsync(SendSingle.ClosedLoop(body), 64);
        await comparison.MeasureAsync(SendBatch.Create(body, Batch, ndjson: false), 16);
        await comparison.MeasureAsync(SendBatch.Create(body, Batch, ndjson: true), 16);
        await comparison.MeasureAsync(EndToEndSingle.Create(body), 16);
        await comparison.MeasureAsync(EndToEndCarried.Create(body), 16);
        await comparison.MeasureAsync(EndToEndBatch.Create(body, Batch), 16);
        await comparison.MeasureAsync(SendSingle.OpenLoop(body, report.Options.Rate), LatencyConnections);
        return comparison.Finish();
    }

    private static Scenario Find(string name, BenchmarkOptions options) => name switch
    {
        "send-1" => SendSingle.ClosedLoop(options.Body),
        "send-batch-100" => SendBatch.Create(options.Body, Batch, options.Ndjson),
        "e2e-1" => EndToEndSingle.Create(options.Body),
        "e2e-carried" => EndToEndCarried.Create(options.Body),
        "e2e-batch-100" => EndToEndBatch.Create(options.Body, Batch),
        "fifo-e2e-batch-100" => EndToEndBatch.CreateFifo(options.Body, Batch, Groups),
        "duplex-send" => DuplexSend.Create(options.Body, options.Window),
        "duplex-e2e" => DuplexEndToEnd.Create(options.Body, options.Window),
        "latency" => SendSingle.OpenLoop(options.Body, options.Rate),
        _ => throw new BenchmarkException($"There is no command {name}; help lists them."),
    };
}
