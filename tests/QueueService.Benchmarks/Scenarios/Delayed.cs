using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>Messages that wait for their time: the memory that they take, before and after a crash, and how late they
/// come to consumers that wait for them.</summary>
internal sealed class Delayed(Report report, DataServer server)
{
    private const int FillBatch = 1_000;
    private const int Consumers = 4;
    private const double MiB = 1 << 20;

    /// <summary>Until the first message is due: longer than filling and restarting take.</summary>
    private static readonly TimeSpan _lead = TimeSpan.FromSeconds(90);

    private readonly Table _facts = new("delayed", "value");

    private CancellationToken Cancellation => report.Cancellation;

    private Target Queue => new("delayed", server.Process, "later");

    public static async Task<int> RunAsync(Report report)
    {
        if (report.Options.Messages % FillBatch != 0)
            throw new BenchmarkException($"--messages must be a multiple of {FillBatch}.");
        await using DataServer server = DataServer.Start(report.Options);
        Delayed delayed = new(report, server);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        await delayed.Queue.CreateQueueAsync(report.Cancellation);
        DateTimeOffset first = TimeProvider.System.GetUtcNow() + _lead;
        await delayed.FillAsync(first);
        await delayed.RestartAsync();
        await delayed.ConsumeAsync(first);
        return report.Finish(delayed._facts);
    }

    private async Task FillAsync(DateTimeOffset first)
    {
        long empty = server.Process.ResidentBytes;
        _facts.Add("messages", $"{report.Options.Messages:N0} × {report.Options.Body} B");
        _facts.Add("RSS of the empty server, MiB", $"{empty / MiB:0.0}");
        string filler = Encoding.ASCII.GetString(Scenario.Body(Math.Max(0, report.Options.Body - 14)));
        StringBuilder lines = new();
        for (long i = 0; i < report.Options.Messages;)
        {
            lines.Clear();
            for (int n = 0; n < FillBatch; n++, i++)
            {
                DateTimeOffset due = first + TimeSpan.FromMilliseconds(1_000.0 * i / report.Options.Rate);
                lines.Append(
                    CultureInfo.InvariantCulture,
                    $$"""{"body":"{{due.ToUnixTimeMilliseconds()}} {{filler}}","deliverAt":"{{due:yyyy-MM-ddTHH:mm:ss.fffZ}}"}""");
                lines.Append('\n');
            }

            using StringContent content = new(lines.ToString(), Encoding.UTF8, Requests.Ndjson);
            using HttpResponseMessage reply = await server.Process.Client.PostAsync(
                new Uri(Queue.Path + "/messages/batch", UriKind.Relative), content, Cancellation);
            if (!reply.IsSuccessStatusCode)
                throw new BenchmarkException(
                    $"Filling: {(int)reply.StatusCode} {await reply.Content.ReadAsStringAsync(Cancellation)}");
        }

        _facts.Add("RSS over the empty server when filled, MiB", $"{(server.Process.ResidentBytes - empty) / MiB:0.0}");
        await Task.Delay(report.Options.Settle, TimeProvider.System, Cancellation);
        _facts.Add(
            $"the same {report.Options.Settle.TotalSeconds:0} s later, MiB",
            $"{(server.Process.ResidentBytes - empty) / MiB:0.0}");
    }

    private async Task RestartAsync()
    {
        Stopwatch down = Stopwatch.StartNew();
        await server.CrashAndRestartAsync(Cancellation);
        await server.Process.WaitUntilReadyAsync(Cancellation);
        _facts.Add("kill -9 until ready, s", $"{down.Elapsed.TotalSeconds:0.00}");
        _facts.Add("RSS after it, MiB", $"{server.Process.ResidentBytes / MiB:0.0}");
    }

    private async Task ConsumeAsync(DateTimeOffset first)
    {
        TimeSpan wait = first - TimeProvider.System.GetUtcNow();
        if (wait < TimeSpan.Zero) throw new BenchmarkException("Filling took too long: use fewer messages.");
        await Task.Delay(wait, TimeProvider.System, Cancellation);
        LatencyHistogram late = new();
        long early = 0;
        DateTimeOffset end = first + (3 * report.Options.Seconds);
        await Task.WhenAll(Enumerable.Range(0, Consumers).Select(_ => ConsumeUntilAsync(end, due =>
        {
            long lateness = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - due;
            lock (late)
            {
                if (lateness < 0) early++;
                late.Record(Math.Max(0, lateness) * 1_000_000);
            }
        })));
        _facts.Add($"received in {3 * report.Options.Seconds.TotalSeconds:0} s", $"{late.Count:N0}");
        _facts.Add("early", $"{early}");
        _facts.Add(
            $"late at {report.Options.Rate:N0} due/s, p50 / p99 ms",
            $"{late.Quantile(0.50) / 1e6:0} / {late.Quantile(0.99) / 1e6:0}");
    }

    private async Task ConsumeUntilAsync(DateTimeOffset end, Action<long> received)
    {
        Uri receive = new(Queue.Path + "/receive?max=100&wait=1s&ack=auto", UriKind.Relative);
        while (TimeProvider.System.GetUtcNow() < end)
        {
            using HttpResponseMessage reply = await server.Process.Client.PostAsync(receive, null, Cancellation);
            JsonElement answer =
                await reply.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            foreach (JsonElement message in answer.GetProperty("messages").EnumerateArray())
            {
                string body = message.GetProperty("body").GetString()!;
                received(
                    long.Parse(
                        body.AsSpan(0, body.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture));
            }
        }
    }
}
