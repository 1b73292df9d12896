using QueueService.Aws;
using QueueService.Broker;
using QueueService.Server.Streams.Tables;
using QueueService.Server.Tiering;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Hosting;

/// <summary>Settings of the process. Unknown keys in our own sections are refused; see <see cref="OptionsReader"/>.
/// </summary>
internal sealed record ServerOptions
{
    public const string DefaultAddress = "http://127.0.0.1:8080";

    public StorageOptions Storage { get; init; } = new();

    public LimitOptions Limits { get; init; } = new();

    public WebhookOptions Webhooks { get; init; } = new();

    public TierSettings Tier { get; init; } = new();

    public AwsOptions Aws { get; init; } = new();

    public DurableStreamOptions DurableStreams { get; init; } = new();

    /// <summary>A file, or a directory of files, with queues that are to exist; null when there is none.</summary>
    public string? Bootstrap { get; init; }

    /// <summary>Addresses to listen on, separated by semicolons. Loopback only, unless told otherwise: there is no
    /// authentication yet.</summary>
    public string Urls { get; init; } = DefaultAddress;

    /// <summary>Addresses without TLS that speak HTTP/2 from the first byte (prior knowledge), separated by semicolons.
    /// Without TLS there is nothing to negotiate by, so they are addresses of their own.</summary>
    public string Http2Urls { get; init; } = "";
}

/// <summary>The section `DurableStreams` of the settings.</summary>
internal sealed record DurableStreamOptions
{
    /// <summary>Origins of web pages that may use durable streams; `*` are all. None by default: there is no
    /// authentication yet, so every page that is open in a browser near the server could.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];
}

internal sealed record StorageOptions
{
    /// <summary>Relative to the folder in which the server is started.</summary>
    public string Directory { get; init; } = "./data";

    /// <summary>A file of a log is sealed at this size; only sealed ones are moved, compacted and deleted.</summary>
    public int SegmentBytes { get; init; } = new Storage.StorageOptions().SegmentBytes;

    public string FullDirectory => Path.GetFullPath(Directory);
}

internal sealed record LimitOptions
{
    private static readonly BrokerOptions Defaults = new();

    public int MaxWaiters { get; init; } = Defaults.MaxWaiters;

    public int MaxInFlightPerQueue { get; init; } = Defaults.MaxInFlightPerQueue;

    public int MaxQueues { get; init; } = Defaults.MaxQueues;

    public int MaxDeduplicationKeys { get; init; } = Defaults.MaxDeduplicationKeys;

    public int MaxIdempotencyKeys { get; init; } = Defaults.MaxIdempotencyKeys;

    public int ReadAheadPerLane { get; init; } = Defaults.ReadAheadPerLane;

    public int MaxLiveStreams { get; init; } = Server.Limits.LiveStreams;

    public int MaxTopicReaders { get; init; } = Server.Limits.TopicReaders;

    public int MaxSystemReaders { get; init; } = Server.Limits.SystemReaders;

    public int MaxTableKeys { get; init; } = TableLimits.Keys;

    public int MaxConnections { get; init; } = Server.Limits.Connections;

    public long MaxBodiesInFlightBytes { get; init; } = Server.Limits.BodiesInFlightBytes;
}
