using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Deliveries;

/// <summary>An endpoint that answers what its test says.</summary>
internal sealed class ScriptedReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Parse(Hooks.Allowed), 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ReceivedRequest> _arrived = Channel.CreateUnbounded<ReceivedRequest>();
    private readonly Task _accepting;

    public ScriptedReceiver(Func<ReceivedRequest, string>? script = null)
    {
        Script = script ?? (static _ => Ok());
        _listener.Start();
        _accepting = Accept();
    }

    /// <summary>What is answered from now on.</summary>
    public Func<ReceivedRequest, string> Script { get; set; }

    public string Url => $"http://{_listener.LocalEndpoint}/hook";

    public static string Ok(string body = "ok", params string[] headers) => Status(200, body, headers);

    public static string Status(int status, string body = "", params string[] headers) =>
        $"HTTP/1.1 {status} Answer\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n" +
        string.Concat(headers.Select(static header => header + "\r\n")) + "\r\n" + body;

    /// <summary>The next request that nobody has waited for yet.</summary>
    public async Task<ReceivedRequest> Next() => await _arrived.Reader.ReadAsync(_stop.Token);

    /// <summary>So many of them.</summary>
    public async Task<ReceivedRequest[]> Next(int count)
    {
        List<ReceivedRequest> requests = [];
        while (requests.Count < count) requests.Add(await Next());
        return [.. requests];
    }

    /// <summary>Requests that nobody has waited for.</summary>
    public int Waiting => _arrived.Reader.Count;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // The listener ends after its loop: it may be about to accept.
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
            while (true) connections.Add(Serve(await _listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task Serve(Socket socket)
    {
        try
        {
            await using NetworkStream stream = new(socket, ownsSocket: true);
            while (await RequestReader.Read(stream, TimeProvider.System, _stop.Token) is { } request)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(Script(request)), _stop.Token);
                _arrived.Writer.TryWrite(request);
            }
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or SocketException)
        {
            // The client went away, or the test is over.
        }
    }
}
