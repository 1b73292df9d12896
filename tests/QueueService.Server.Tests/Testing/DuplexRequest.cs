using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

// What is opened here is closed by Dispose of the request, which the analyzers do not follow; and what is awaited is
// started by the HTTP client.
#pragma warning disable CA2000, CA2213, VSTHRD003

namespace QueueService.Server.Tests.Testing;

/// <summary>A request whose lines are written while the lines of its answer are read.</summary>
internal abstract class DuplexRequest : IDisposable
{
    /// <summary>Far more than anything here takes on a busy machine: a test that waits so long has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly SocketsHttpHandler Handler = new()
    {
        UseProxy = false,
        SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost" },
    };

    /// <param name="protocol">HTTP/1.1, h2c or h2.</param>
    public static async Task<DuplexRequest> Open(LiveServer server, string protocol, string path) =>
        protocol == "HTTP/1.1"
            ? await Http1Duplex.Connect(server.Http1, path)
            : await Http2Duplex.Open(new Uri(server.Address(protocol), path), Handler);

    public static Task<DuplexRequest> Open(Uri server, string path) => Http1Duplex.Connect(server, path);

    public abstract Task WriteBytes(ReadOnlyMemory<byte> bytes);

    /// <summary>Nothing more is said.</summary>
    public abstract Task End();

    /// <summary>Breaks the connection, or the stream.</summary>
    public abstract void Abort();

    public Task Write(params string[] lines) => WriteBytes(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));

    /// <summary>The next line; null at the end of the answer.</summary>
    public async Task<JsonNode?> Read() =>
        await Line().WaitAsync(Patience, TimeProvider.System) is { } line ? JsonNode.Parse(line) : null;

    public async Task<JsonNode> Expect() => await Read() ?? throw new EndOfStreamException("The answer has ended.");

    public abstract void Dispose();

    protected abstract Task<string?> Line();

    private sealed class Http2Duplex(HttpClient client) : DuplexRequest
    {
        private readonly Content _content = new();
        private HttpResponseMessage? _response;
        private StreamReader? _lines;

        public static async Task<DuplexRequest> Open(Uri address, HttpMessageHandler handler)
        {
            Http2Duplex duplex = new(new HttpClient(handler, disposeHandler: false));
            HttpRequestMessage request = new(HttpMethod.Post, address)
            {
                Content = duplex._content,
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            duplex._response = await duplex.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)
                .WaitAsync(Patience, TimeProvider.System);
            Assert.Equal(
                (HttpStatusCode.OK, HttpVersion.Version20), (duplex._response.StatusCode, duplex._response.Version));
            duplex._lines = new StreamReader(await duplex._response.Content.ReadAsStreamAsync());
            return duplex;
        }

        private HttpClient Client => client;

        public override async Task WriteBytes(ReadOnlyMemory<byte> bytes)
        {
            Stream stream = await _content.Opened.Task;
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
        }

        public override Task End()
        {
            _content.Ended.TrySetResult();
            return Task.CompletedTask;
        }

        public override void Abort() => _response!.Dispose();

        public override void Dispose()
        {
            _content.Ended.TrySetResult();
            _response?.Dispose();
            client.Dispose();
        }

        protected override Task<string?> Line() => _lines!.ReadLineAsync();

        private sealed class Content : HttpContent
        {
            public Content() => Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");

            public TaskCompletionSource<Stream> Opened { get; } =
                new(TaskCreationOptions.RunContinuationsAsynchronously);

            public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
                SerializeToStreamAsync(stream, context, CancellationToken.None);

            protected override async Task SerializeToStreamAsync(
                Stream stream, TransportContext? context, CancellationToken cancellationToken)
            {
                await stream.FlushAsync(cancellationToken);
                Opened.SetResult(stream);
                await Ended.Task.WaitAsync(cancellationToken);
            }

            protected override bool TryComputeLength(out long length)
            {
                length = 0;
                return false;
            }
        }
    }

    /// <summary>HttpClient reads no answer over HTTP/1.1 before it has sent everything, so this is a socket.</summary>
    private sealed class Http1Duplex(Socket socket) : DuplexRequest
    {
        private readonly NetworkStream _stream = new(socket, ownsSocket: true);
        private readonly Queue<string> _lines = new();
        private string _rest = "";
        private readonly byte[] _received = new byte[65_536];
        private int _length;
        private int _at;
        private bool _ended;

        public static async Task<DuplexRequest> Connect(Uri server, string path)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, server.Port);
            Http1Duplex duplex = new(socket);
            await duplex.Send(
                $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/x-ndjson\r\n" +
                "Transfer-Encoding: chunked\r\n\r\n");
            Assert.Equal("HTTP/1.1 200 OK", await duplex.HeadLine().WaitAsync(Patience, TimeProvider.System));
            while ((await duplex.HeadLine()).Length > 0)
            {
            }

            return duplex;
        }

        public override async Task WriteBytes(ReadOnlyMemory<byte> bytes)
        {
            await Send(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
            await _stream.WriteAsync(bytes);
            await Send("\r\n");
        }

        public override Task End() => Send("0\r\n\r\n");

        public override void Abort() => socket.Close(0);

        public override void Dispose() => _stream.Dispose();

        protected override async Task<string?> Line()
        {
            while (true)
            {
                if (_lines.TryDequeue(out string? line)) return line;
                if (_ended) return null;
                int size = int.Parse(await HeadLine(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                _ended = size == 0;
                byte[] chunk = new byte[size];
                for (int i = 0; i < size; i++) chunk[i] = await Byte();
                string[] lines = (_rest + Encoding.ASCII.GetString(chunk)).Split('\n');
                foreach (string whole in lines[..^1]) _lines.Enqueue(whole);
                _rest = lines[^1];
                await HeadLine();
            }
        }

        private async ValueTask<byte> Byte()
        {
            if (_at == _length)
            {
                _at = 0;
                _length = await _stream.ReadAsync(_received);
                if (_length == 0) throw new EndOfStreamException("The connection was closed.");
            }

            return _received[_at++];
        }

        private async Task<string> HeadLine()
        {
            StringBuilder line = new();
            for (byte next = await Byte(); next != '\n'; next = await Byte()) line.Append((char)next);
            return line.ToString().TrimEnd('\r');
        }

        private Task Send(string text) => _stream.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();
    }
}
