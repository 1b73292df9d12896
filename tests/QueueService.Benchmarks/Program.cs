using System.Runtime.InteropServices;
using QueueService.Benchmarks;
using QueueService.Benchmarks.Floor;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Micro;
using QueueService.Benchmarks.Scenarios;
using QueueService.Benchmarks.Scenarios.Aws;

using CancellationTokenSource stop = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
try
{
    string command = args.FirstOrDefault() ?? "help";
    BenchmarkOptions options = BenchmarkOptions.Parse(args.AsSpan(Math.Min(args.Length, 1)));
    string commandLine = $"dotnet run -c Release --project tests/QueueService.Benchmarks -- {string.Join(' ', args)}";
    Report report = new(options, commandLine, stop.Token);
    return command switch
    {
        "floor" => await FloorServer.RunAsync(options.Urls, options.Body, stop.Token),
        "micro" => await MicroBenchmarks.RunAsync(options, commandLine, stop.Token),
        "compaction" => await CompactionBenchmark.RunAsync(options, commandLine, stop.Token),
        "backlog" => await Backlog.RunAsync(report),
        "topic-sse" => await TopicReaders.RunAsync(report),
        "redrive" => await Redrive.RunAsync(report),
        "delayed" => await Delayed.RunAsync(report),
        "append" => await Append.RunAsync(report),
        "aws" => await AwsQueues.RunAsync(report),
        "aws-e2e" => await AwsQueues.RunEndToEndAsync(report),
        "aws-wait" => await AwsWaiters.RunAsync(report),
        "tail" => await Tail.RunAsync(report),
        "history" => await History.RunAsync(report),
        "publish" => await Publish.RunAsync(report),
        "relay" => await Relay.RunAsync(report),
        "webhooks" => await Webhooks.RunAsync(report),
        "all" => await HttpScenarios.RunAllAsync(report),
        "help" or "--help" => Usage.Print(),
        _ => await HttpScenarios.RunAsync(command, report),
    };
}
catch (Exception reason) when (reason is BenchmarkException or HttpRequestException)
{
    await Console.Error.WriteLineAsync(reason.Message);
    return 2;
}
catch (OperationCanceledException)
{
    return 130;
}

// The servers are ended and their data is removed on the way out.
void Cancel(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
