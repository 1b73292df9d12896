using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>What readers of one topic cost while nothing happens, and how long a publish takes to reach all of them.
/// </summary>
internal sealed class TopicReaders(Report report, DataServer server) : IDisposable
{
    private const int WarmUpReaders = 500;
    private const int Publishes = 20;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly Uri _topic = new("v1/topics/crowd", UriKind.Relative);

    private readonly Table _facts = new("topic-sse", "value");
    private readonly List<Socket> _readers = [];
    private readonly EventPoll _poll = new();
    private readonly byte[] _buffer = new byte[65_536];

    public static async Task<int> RunAsync(Report report)
    {
        int readers = report.Options.Connections[0];
        if (readers <= WarmUpReaders)
            throw new BenchmarkException($"topic-sse needs --connections above {WarmUpReaders}.");
        await using DataServer server = DataServer.Start(report.Options);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        using TopicReaders crowd = new(report, server);
        await crowd.MeasureAsync(readers);
        return report.Finish(crowd._facts);
    }

    public void Dispose()
    {
        foreach (Socket reader in _readers) reader.Dispose();
        _poll.Dispose();
    }

    private async Task MeasureAsync(int readers)
    {
        using HttpResponseMessage created =
            await server.Process.Client.PutAsJsonAsync(_topic, new { }, report.Cancellation);
        created.EnsureSuccessStatusCode();
        Open(WarmUpReaders);
        await PublishAsync();
        long before = server.Process.ResidentBytes;
        Open(readers - WarmUpReaders);
        long resident = server.Process.ResidentBytes - before;
        _facts.Add("readers", $"{readers:N0}");
        _facts.Add("memory of an idle reader", $"{resident / (double)(readers - WarmUpReaders):N0} B");

        // What opening so many has set off, the compiler above all, is not what idle readers cost.
        await Task.Delay(report.Options.WarmUp, TimeProvider.System, report.Cancellation);
        TimeSpan cpu = server.Process.CpuTime;
        long begun = Stopwatch.GetTimestamp();
        await Task.Delay(report.Options.Seconds, TimeProvider.System, report.Cancellation);
        double share = (server.Process.CpuTime - cpu) / Stopwatch.GetElapsedTime(begun);
        _facts.Add($"idle for {report.Options.Seconds.TotalSeconds:N0} s, of a core", $"{share:P2}");

        LatencyHistogram latencies = new();
        cpu = server.Process.CpuTime;
        for (int i = 0; i < Publishes; i++) latencies.Add(await PublishAsync());
        cpu = server.Process.CpuTime - cpu;
        _facts.Add(
            "publish to reader, p50 / p99 / all, ms",
            $"{latencies.Quantile(0.50) / 1e6:N1} / {latencies.Quantile(0.99) / 1e6:N1} / {latencies.Quantile(1) / 1e6:N1}");
        _facts.Add("CPU of a publish and reader", $"{cpu.TotalMicroseconds / Publishes / readers:N1} µs");
    }

    /// <summary>Connects readers and waits until each of them has its place.</summary>
    private void Open(int count)
    {
        byte[] request =
            Encoding.ASCII.GetBytes($"GET /{_topic}/sse HTTP/1.1\r\nHost: {server.Process.Url.Authority}\r\n\r\n");
        for (int i = 0; i < count; i++)
        {
            Socket reader = new(server.Process.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            reader.Connect(server.Process.EndPoint);
            reader.Send(request);
            _poll.Add(reader.Handle, _readers.Count);
            _readers.Add(reader);
        }

        Await(count, "retry: "u8, Stopwatch.GetTimestamp());
    }

    private async Task<LatencyHistogram> PublishAsync()
    {
        long begun = Stopwatch.GetTimestamp();
        Task publishing = SendAsync();
        LatencyHistogram heard = Await(_readers.Count, "event: message"u8, begun);
        await publishing;
        return heard;
    }

    private async Task SendAsync()
    {
        using ByteArrayContent body = new(new byte[report.Options.Body]);
        using HttpResponseMessage published = await server.Process.Client.PostAsync(
            new Uri($"{_topic}/messages", UriKind.Relative), body, report.Cancellation);
        published.EnsureSuccessStatusCode();
    }

    /// <summary>Reads from all until so many of them have got this; answers when.</summary>
    private LatencyHistogram Await(int count, ReadOnlySpan<byte> mark, long begun)
    {
        LatencyHistogram heard = new();
        Span<int> ready = stackalloc int[256];
        while (heard.Count < count)
        {
            report.Cancellation.ThrowIfCancellationRequested();
            if (Stopwatch.GetElapsedTime(begun) > _patience)
                throw new BenchmarkException($"Only {heard.Count:N0} of {count:N0} readers have got it.");
            int found = _poll.Wait(ready, 100);
            foreach (int reader in ready[..found])
            {
                int length = _readers[reader].Receive(_buffer);
                if (length == 0) throw new BenchmarkException("The server has ended a stream.");
                if (_buffer.AsSpan(0, length).IndexOf(mark) >= 0)
                    heard.Record((long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds);
            }
        }

        return heard;
    }
}
