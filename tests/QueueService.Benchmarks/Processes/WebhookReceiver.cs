using System.Buffers.Text;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Processes;

/// <summary>An endpoint for webhooks in this process: answers 200 to everything and counts. A body that is a timestamp
/// of this process tells how long its delivery took.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly TcpListener _hung = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private LatencyHistogram _latencies = new();
    private long _count;

    private WebhookReceiver(WebApplication application) => _application = application;

    public long Count => Volatile.Read(ref _count);

    public string Url { get; } = ServerProcess.FreeUrl().GetLeftPart(UriPartial.Authority);

    /// <summary>Takes connections and never answers.</summary>
    public string HungUrl => $"http://{_hung.LocalEndpoint}/";

    public static async Task<WebhookReceiver> StartAsync(CancellationToken cancellation)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);
        WebApplication application = builder.Build();
        WebhookReceiver receiver = new(application);
        application.Urls.Add(receiver.Url);
        application.Run(receiver.TakeAsync);
        // Nobody accepts: the kernel takes the connections.
        receiver._hung.Start(1_000);
        await application.StartAsync(cancellation);
        return receiver;
    }

    /// <summary>Those since the last call.</summary>
    public LatencyHistogram TakeLatencies()
    {
        lock (_gate)
        {
            LatencyHistogram latencies = _latencies;
            _latencies = new LatencyHistogram();
            return latencies;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _hung.Dispose();
        await _application.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext http)
    {
        ReadResult read;
        while (!(read = await http.Request.BodyReader.ReadAsync(http.RequestAborted)).IsCompleted)
            http.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        if (Utf8Parser.TryParse(read.Buffer.FirstSpan, out long sentAt, out int length) && length == read.Buffer.Length)
        {
            TimeSpan took = Stopwatch.GetElapsedTime(sentAt);
            lock (_gate) _latencies.Record((long)took.TotalNanoseconds);
        }

        http.Request.BodyReader.AdvanceTo(read.Buffer.End);
        Interlocked.Increment(ref _count);
    }
}
