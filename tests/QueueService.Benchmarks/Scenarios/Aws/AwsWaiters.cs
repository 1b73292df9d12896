using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios.Aws;

/// <summary>What receivers of the SQS protocol cost that wait for a message, and how soon a send wakes one.</summary>
internal sealed class AwsWaiters(Report report, DataServer server) : IDisposable
{
    private const int WarmUpReceivers = 100;
    private const int Sends = 200;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);

    private readonly List<Socket> _receivers = [];
    private readonly EventPoll _poll = new();
    private readonly byte[] _buffer = new byte[65_536];

    private string Authority => server.Process.Url.Authority;

    public static async Task<int> RunAsync(Report report)
    {
        int receivers = report.Options.Connections[0];
        if (receivers <= WarmUpReceivers + Sends)
            throw new BenchmarkException($"aws-wait needs --connections above {WarmUpReceivers + Sends}.");
        await using DataServer server = DataServer.Start(report.Options);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        await new Target("aws", server.Process, "waiters").CreateQueueAsync(report.Cancellation);
        using AwsWaiters crowd = new(report, server);
        return await crowd.MeasureAsync(receivers);
    }

    public void Dispose()
    {
        foreach (Socket receiver in _receivers) receiver.Dispose();
        _poll.Dispose();
    }

    private async Task<int> MeasureAsync(int receivers)
    {
        // What the first ones set off, the compiler above all, is not theirs.
        await OpenAsync(WarmUpReceivers);
        for (int i = 0; i < WarmUpReceivers / 2; i++) await WakeAsync();
        long before = server.Process.ResidentBytes;
        await OpenAsync(receivers - WarmUpReceivers);
        long resident = server.Process.ResidentBytes - before;
        LatencyHistogram latencies = new();
        for (int i = 0; i < Sends; i++) latencies.Record(await WakeAsync());

        Table table = new("aws-wait", "value");
        table.Add("waiting receivers", $"{receivers:N0}");
        table.Add("memory of one", $"{resident / (double)(receivers - WarmUpReceivers):N0} B");
        table.Add(
            "send to the woken receiver, p50 / p99 ms",
            $"{latencies.Quantile(0.50) / 1e6:0.00} / {latencies.Quantile(0.99) / 1e6:0.00}");
        return report.Finish(table);
    }

    private async Task OpenAsync(int count)
    {
        byte[] receive = AwsRequests.Post(
            Authority, "ReceiveMessage",
            $$"""{"QueueUrl":"{{AwsRequests.QueueUrl(Authority, "waiters")}}","WaitTimeSeconds":20,"AttributeNames":["All"]}""");
        for (int i = 0; i < count; i++)
        {
            Socket receiver = new(server.Process.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await receiver.ConnectAsync(server.Process.EndPoint, report.Cancellation);
            await receiver.SendAsync(receive, report.Cancellation);
            _poll.Add(receiver.Handle, _receivers.Count);
            _receivers.Add(receiver);
        }

        // They have no sign of waiting: the server is given time to read all requests.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, report.Cancellation);
    }

    /// <summary>Sends a message and waits for the one receiver that gets it; answers the nanoseconds between.</summary>
    private async Task<long> WakeAsync()
    {
        byte[] send = AwsRequests.Post(
            Authority, "SendMessage",
            $$"""{"QueueUrl":"{{AwsRequests.QueueUrl(Authority, "waiters")}}","MessageBody":"{{Encoding.ASCII.GetString(Scenario.Body(report.Options.Body))}}"}""");
        using Socket sender = new(server.Process.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await sender.ConnectAsync(server.Process.EndPoint, report.Cancellation);
        long begun = Stopwatch.GetTimestamp();
        await sender.SendAsync(send, report.Cancellation);
        return Await(begun);
    }

    private long Await(long begun)
    {
        Span<int> ready = stackalloc int[1];
        while (Stopwatch.GetElapsedTime(begun) < _patience)
        {
            report.Cancellation.ThrowIfCancellationRequested();
            if (_poll.Wait(ready, 100) == 0) continue;
            long heard = (long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds;
            int length = _receivers[ready[0]].Receive(_buffer);
            if (_buffer.AsSpan(0, length).IndexOf("\"Body\""u8) < 0)
                throw new BenchmarkException($"A receiver got: {Encoding.UTF8.GetString(_buffer, 0, length)}");
            return heard;
        }

        throw new BenchmarkException("No receiver got the message.");
    }
}
