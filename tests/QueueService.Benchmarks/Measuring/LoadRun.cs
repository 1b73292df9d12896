using System.Diagnostics;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Scenarios;

namespace QueueService.Benchmarks.Measuring;

/// <summary>Puts one server under one scenario's load.</summary>
internal static class LoadRun
{
    /// <summary>Warms up, then measures for the window.</summary>
    public static async Task<Measurement> MeasureAsync(
        Target target, Scenario scenario, LoadSettings settings, CancellationToken cancellation)
    {
        ILoadLoop[] loops = CreateLoops(target, scenario, settings, long.MaxValue);
        Task running = RunAll(loops);
        try
        {
            await PassAsync(settings.WarmUp, running, cancellation);
            Costs before = Costs.Of(target);
            foreach (ILoadLoop loop in loops) loop.Measuring = true;
            await PassAsync(settings.Window, running, cancellation);
            foreach (ILoadLoop loop in loops) loop.Measuring = false;
            if (running.IsCompleted) throw await target.Server.ExplainLossAsync();
            Costs after = Costs.Of(target);

            await StopAsync(loops, running);
            return new Measurement(
                Sum(loops),
                Stopwatch.GetElapsedTime(before.At, after.At),
                after.Server - before.Server,
                after.Generator - before.Generator);
        }
        finally
        {
            await StopAsync(loops, running);
            foreach (ILoadLoop loop in loops) loop.Dispose();
        }
    }

    /// <summary>Runs a fixed number of rounds as fast as they go, on one thread.</summary>
    public static async Task<LoadTally> RunRoundsAsync(
        Target target, Scenario scenario, LoadSettings settings, long rounds, CancellationToken cancellation)
    {
        ILoadLoop[] loops = CreateLoops(target, scenario, settings with { Threads = 1 }, rounds);
        using ILoadLoop loop = loops[0];
        await using CancellationTokenRegistration stopping = cancellation.Register(loop.Stop);
        loop.Measuring = true;
        await RunAll(loops);
        cancellation.ThrowIfCancellationRequested();
        return loop.Tally;
    }

    private static ILoadLoop[] CreateLoops(Target target, Scenario scenario, LoadSettings settings, long rounds)
    {
        Requests requests = new(target.Server.Url.Authority, target.Path);
        ILoadLoop[] loops = new ILoadLoop[settings.Threads];
        for (int i = 0; i < loops.Length; i++)
        {
            int share = ((i + 1) * settings.Connections / loops.Length) - (i * settings.Connections / loops.Length);
            if (scenario.OpenDuplex is { } open)
            {
                loops[i] = new DuplexLoop(
                    target.Server.EndPoint, [.. Enumerable.Range(0, share).Select(_ => open(requests))]);
                continue;
            }

            Conversation[] conversations = [.. Enumerable.Range(0, share).Select(_ => scenario.Open(requests))];
            Pacer? pacer = scenario.Rate is { } rate ? new Pacer(rate / loops.Length) : null;
            loops[i] = new LoadLoop(target.Server.EndPoint, conversations, pacer, rounds);
        }

        return loops;
    }

    private static Task RunAll(ILoadLoop[] loops) => Task.WhenAll(loops.Select(loop => Task.Factory.StartNew(
        loop.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    private static Task StopAsync(ILoadLoop[] loops, Task running)
    {
        foreach (ILoadLoop loop in loops) loop.Stop();
        return running;
    }

    /// <summary>Loops end early only when the server has gone.</summary>
    private static async Task PassAsync(TimeSpan time, Task running, CancellationToken cancellation)
    {
        await Task.WhenAny(running, Task.Delay(time, TimeProvider.System, cancellation));
        cancellation.ThrowIfCancellationRequested();
    }

    private static LoadTally Sum(ILoadLoop[] loops)
    {
        LoadTally sum = new();
        foreach (ILoadLoop loop in loops) sum.Add(loop.Tally);
        return sum;
    }

    private readonly record struct Costs(long At, TimeSpan Server, TimeSpan Generator)
    {
        public static Costs Of(Target target) =>
            new(Stopwatch.GetTimestamp(), target.Server.CpuTime, Environment.CpuUsage.TotalTime);
    }
}
