using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>A request as it came in.</summary>
internal sealed record ReceivedRequest(
    string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, DateTimeOffset At)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>
/// An endpoint on loopback that misbehaves as the path says, at the level of bytes: what an HTTP server would not let
/// itself be told to send. `/ok` and every path that is not known answer 200.
/// <list type="bullet">
/// <item>`/status/429?retry-after=120`: this status, and this header.</item>
/// <item>`/redirect?to=URL`: 302 to that address. `/late`: answers when <see cref="Release"/> is called.</item>
/// <item>`/first-fails`: 500 to the first attempt of each message, `/tenth-fails`: of each whose body ends in 7.
/// `/switch`: 500 while <see cref="IsBroken"/>.</item> <item>`/hang`: no answer. `/slow-headers`, `/slow-body`: a byte
/// a second.</item> <item>`/reset`: RST. `/close`: ends without an answer. `/no-http`: another protocol. `/headers`: 1
/// MB.</item> <item>`/endless`: 10 GB. `/endless-chunks`: no end at all. `/short`: ends before its
/// Content-Length.</item> <item>`/long`: 100 KB with a length. `/medium`: 10 KB with a length.</item>
/// </list>
/// </summary>
internal sealed class Receiver : IAsyncDisposable
{
    private const long TenGigabytes = 10L << 30;

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ReceivedRequest> _arrived = Channel.CreateUnbounded<ReceivedRequest>();
    private readonly ConcurrentQueue<ReceivedRequest> _requests = new();
    private readonly ConcurrentDictionary<string, bool> _seen = new();
    private readonly SemaphoreSlim _released = new(0);
    private readonly TimeProvider _time;
    private readonly Task _accepting;
    private readonly Func<Stream, Task<Stream>>? _secure;
    private int _connections;

    /// <param name="address">One of 127.0.0.0/8: a test can allow one and deny the others.</param>
    /// <param name="secure">Does TLS.</param>
    public Receiver(
        string address = "127.0.0.1", TimeProvider? time = null, Func<Stream, Task<Stream>>? secure = null)
    {
        _time = time ?? TimeProvider.System;
        _secure = secure;
        _listener = new TcpListener(IPAddress.Parse(address), 0);
        _listener.Start();
        _accepting = Accept();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public int Port => Address.Port;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Every request so far, in the order in which they were complete.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => [.. _requests];

    /// <summary>Bytes that the endless answers got rid of.</summary>
    public long BytesSent { get; private set; }

    public bool IsBroken { get; set; }

    public string Url(string path) => $"http://{Address}{path}";

    /// <summary>The next request that nobody has waited for yet.</summary>
    public async Task<ReceivedRequest> Next() => await _arrived.Reader.ReadAsync(_stop.Token);

    /// <summary>Lets one `/late` go.</summary>
    public void Release() => _released.Release();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
#pragma warning disable VSTHRD003 // It was started by this object.
        await _accepting;
#pragma warning restore VSTHRD003
        _stop.Dispose();
        _released.Dispose();
    }

    private async Task Accept()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                connections.Add(Serve(socket));
            }
        }
        catch (Exception ended) when (_stop.IsCancellationRequested &&
            ended is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task Serve(Socket socket)
    {
        try
        {
            await using NetworkStream network = new(socket, ownsSocket: true);
            Stream stream = _secure is null ? network : await _secure(network);
            while (await RequestReader.Read(stream, _time, _stop.Token) is { } request)
            {
                _requests.Enqueue(request);
                _arrived.Writer.TryWrite(request);
                if (!await Answer(stream, socket, request)) return;
            }
        }
        catch (Exception ended) when (
            ended is IOException or OperationCanceledException or SocketException or
                System.Security.Authentication.AuthenticationException)
        {
            // The client went away, or the test is over.
        }
    }

    /// <summary>Answers whether the connection goes on.</summary>
    private async Task<bool> Answer(Stream stream, Socket socket, ReceivedRequest request)
    {
        string target = request.Path;
        string path = target.Split('?')[0];
        string value = Uri.UnescapeDataString(target.Contains('=') ? target[(target.IndexOf('=') + 1)..] : "");
        switch (path)
        {
            case "/redirect":
                return await Send(stream, $"HTTP/1.1 302 Found\r\nLocation: {value}\r\nContent-Length: 0\r\n\r\n");
            case "/late":
                await _released.WaitAsync(_stop.Token);
                return await SendOk(stream, "late");
            case "/first-fails":
                return await SendStatus(stream, _seen.TryAdd(request.Headers["Message-Id"], true) ? "500" : "200", "");
            case "/tenth-fails":
                bool fails = request.Text.EndsWith('7') && _seen.TryAdd(request.Headers["Message-Id"], true);
                return await SendStatus(stream, fails ? "500" : "200", "");
            case "/switch":
                return await SendStatus(stream, IsBroken ? "500" : "200", "");
            case "/hang":
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, _stop.Token);
                return false;
            case "/slow-headers":
                return await Drip(stream, "HTTP/1.1 200 OK\r\nX-Slow: ");
            case "/slow-body":
                return await Drip(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
            case "/reset":
                socket.LingerState = new LingerOption(enable: true, 0);
                return false;
            case "/close":
                return false;
            case "/no-http":
                await Send(stream, "SSH-2.0-OpenSSH_9.6\r\n");
                return false;
            case "/headers":
                await Send(stream, "HTTP/1.1 200 OK\r\nX-Long: " + new string('x', 1 << 20) + "\r\n\r\n");
                return false;
            case "/endless":
                return await Flood(
                    stream, $"HTTP/1.1 200 OK\r\nContent-Length: {TenGigabytes}\r\n\r\n", chunked: false);
            case "/endless-chunks":
                return await Flood(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked: true);
            case "/short":
                await Send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
                return false;
            case "/long":
                return await SendOk(stream, new string('l', 100_000));
            case "/medium":
                return await SendOk(stream, new string('m', 10_000));
            default:
                return path.StartsWith("/status/", StringComparison.Ordinal)
                    ? await SendStatus(stream, path["/status/".Length..], value)
                    : await SendOk(stream, "ok");
        }
    }

    private Task<bool> SendOk(Stream stream, string body) =>
        Send(stream, $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    private Task<bool> SendStatus(Stream stream, string status, string retryAfter)
    {
        string after = retryAfter.Length > 0 ? $"Retry-After: {retryAfter}\r\n" : "";
        string body = status == "204" ? "" : $"status {status}";
        string length = status == "204" ? "" : $"Content-Length: {body.Length}\r\n";
        return Send(stream, $"HTTP/1.1 {status} Whatever\r\n{after}{length}\r\n{body}");
    }

    private async Task<bool> Drip(Stream stream, string start)
    {
        await Send(stream, start);
        while (true)
        {
            await Send(stream, "x");
            await Task.Delay(TimeSpan.FromSeconds(1), _time, _stop.Token);
        }
    }

    private async Task<bool> Flood(Stream stream, string head, bool chunked)
    {
        await Send(stream, head);
        byte[] part = new byte[65_536];
        while (BytesSent < TenGigabytes)
        {
            if (chunked) await Send(stream, "10000\r\n");
            await stream.WriteAsync(part, _stop.Token);
            if (chunked) await Send(stream, "\r\n");
            BytesSent += part.Length;
        }

        return false;
    }

    private async Task<bool> Send(Stream stream, string text)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), _stop.Token);
        return true;
    }
}
