using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QueueService.Server.Tests.Topics.Live;

/// <summary>Thousands of readers, each of which is a connection and little else.</summary>
internal sealed class ReaderCrowd : IDisposable
{
    private const int AtOnce = 200;

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2), TimeProvider.System);
    private readonly List<Socket> _readers = [];

    public int Count => _readers.Count;

    /// <summary>Opens more readers and waits until each has its place.</summary>
    public async Task Open(Uri server, string path, int count)
    {
        byte[] request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n");
        for (int opened = 0; opened < count; opened += AtOnce)
            await Task.WhenAll(
                Enumerable.Range(0, Math.Min(AtOnce, count - opened)).Select(_ => Connect(server, request)));
    }

    /// <summary>Waits until every reader has got this text; answers after how many milliseconds each of them had.
    /// </summary>
    public async Task<double[]> Hear(string text, long since)
    {
        double[] delays = await Task.WhenAll(_readers.Select(async reader =>
        {
            await Await(reader, text);
            return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
        }));
        Array.Sort(delays);
        return delays;
    }

    public void Dispose()
    {
        foreach (Socket reader in _readers) reader.Dispose();
        _limit.Dispose();
    }

    private async Task Connect(Uri server, byte[] request)
    {
        Socket reader = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        lock (_readers) _readers.Add(reader);
        await reader.ConnectAsync(IPAddress.Loopback, server.Port, _limit.Token);
        await reader.SendAsync(request, _limit.Token);
        await Await(reader, "\nid: ");
    }

    private async Task Await(Socket reader, string text)
    {
        byte[] buffer = new byte[1_024];
        StringBuilder heard = new();
        while (!heard.ToString().Contains(text, StringComparison.Ordinal))
        {
            int count = await reader.ReceiveAsync(buffer, _limit.Token);
            if (count == 0) throw new EndOfStreamException("The stream has ended after: " + heard);
            heard.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
    }
}
