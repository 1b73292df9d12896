using System.Diagnostics;
using System.Globalization;
using QueueService.Server.Tests.Topics.Live;
using Xunit.Abstractions;

namespace QueueService.Server.Tests.Faults;

/// <summary>R11: ten thousand readers of one topic.</summary>
[Collection(ProcessTests.Name)]
public sealed class CrowdedTopicTests(ITestOutputHelper output) : IDisposable
{
    private const int Readers = 10_000;
    private const int WarmUp = 500;
    private const string Topic = "/v1/topics/crowded";

    private readonly ScratchDirectory _directory = new();

    [Fact]
    public async Task Ten_thousand_idle_readers_cost_25_KB_each_at_most_and_a_publish_reaches_all_of_them_in_time()
    {
        await using ServerProcess server = await ServerProcess.Start(_directory.Data);
        using HttpClient http = new() { BaseAddress = server.Address };
        using HttpResponseMessage created = await http.PutAsync(new Uri(Topic, UriKind.Relative), null);
        created.EnsureSuccessStatusCode();
        using ReaderCrowd crowd = new();
        await crowd.Open(server.Address, Topic + "/sse", WarmUp);
        await Publish("warm");
        long before = ResidentBytes(server.Id);
        await crowd.Open(server.Address, Topic + "/sse", Readers - WarmUp);
        long perReader = (ResidentBytes(server.Id) - before) / (Readers - WarmUp);
        double last = double.MaxValue;

        // The readers run on the same two cores, beside whatever else does: the quickest publish says what is possible.
        for (int i = 0; i < 5; i++)
        {
            double[] delays = await Publish($"news {i}");
            output.WriteLine(
                $"reached half of them in {delays[Readers / 2]:0} ms, 99 % in {delays[Readers * 99 / 100]:0} ms");
            last = Math.Min(last, delays[Readers * 99 / 100]);
        }

        double share = await Heartbeats(server.Id, crowd);
        output.WriteLine($"{perReader} bytes a reader, heartbeats take {share:P2} of a core");
        Assert.InRange(perReader, 1, 25 * 1_024);
        Assert.InRange(last, 0, 500);
        Assert.InRange(share, 0, 0.03);

        async Task<double[]> Publish(string body)
        {
            long now = Stopwatch.GetTimestamp();
            using StringContent content = new(body);
            using HttpResponseMessage answer =
                await http.PostAsync(new Uri(Topic + "/messages", UriKind.Relative), content);
            answer.EnsureSuccessStatusCode();
            return await crowd.Hear($"\"body\":\"{body}\"", now);
        }
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>The share of a core that the server takes while every reader hears a heartbeat and nothing else
    /// happens. What it has just compiled, or what runs beside it, may cost more in one round: the cheapest of three
    /// counts.</summary>
    private static async Task<double> Heartbeats(int process, ReaderCrowd crowd)
    {
        double least = double.MaxValue;
        for (int round = 0; round < 3 && least > 0.03; round++)
        {
            long begun = Stopwatch.GetTimestamp();
            TimeSpan before = CpuTime(process);
            await crowd.Hear(": heartbeat", begun);
            least = Math.Min(least, (CpuTime(process) - before) / Stopwatch.GetElapsedTime(begun));
        }

        return least;
    }

    private static TimeSpan CpuTime(int process)
    {
        using var running = Process.GetProcessById(process);
        return running.TotalProcessorTime;
    }

    private static long ResidentBytes(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(
            static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) * 1_024;
    }
}
