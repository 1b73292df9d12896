using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>An endpoint that answers the first request of a connection and keeps it, and ends it at the second: what a
/// receiver does that closes an idle connection just when it is taken again.</summary>
internal sealed class KeepAliveReceiver : IAsyncDisposable
{
    private static readonly byte[] Ok = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<ReceivedRequest> _requests = new();
    private readonly bool _resets;
    private readonly int _answered;
    private readonly Task _accepting;
    private int _connections;

    /// <param name="resets">By RST, else in order.</param>
    /// <param name="answered">Connections that answer their first request; later ones end at once.</param>
    public KeepAliveReceiver(bool resets, int answered = int.MaxValue)
    {
        (_resets, _answered) = (resets, answered);
        _listener.Start();
        _accepting = Accept();
    }

    public string Url => $"http://{_listener.LocalEndpoint}/hook";

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Those that were answered and those that were not.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => [.. _requests];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
#pragma warning disable VSTHRD003 // It was started by this object.
        await _accepting;
#pragma warning restore VSTHRD003
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task Accept()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                connections.Add(Serve(socket, Interlocked.Increment(ref _connections) <= _answered));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task Serve(Socket socket, bool answers)
    {
        try
        {
            await using NetworkStream stream = new(socket, ownsSocket: true);
            if (answers && await Read(stream)) await stream.WriteAsync(Ok, _stop.Token);
            await Read(stream);
            if (_resets) socket.LingerState = new LingerOption(enable: true, 0);
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or SocketException)
        {
            // The client went away, or the test is over.
        }
    }

    private async Task<bool> Read(NetworkStream stream)
    {
        if (await RequestReader.Read(stream, TimeProvider.System, _stop.Token) is not { } request) return false;
        _requests.Enqueue(request);
        return true;
    }
}
