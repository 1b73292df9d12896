using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Bootstrap;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Service;
using QueueService.Server.Streams.Tables;
using QueueService.Server.Tiering;
using QueueService.Server.Topics.Live;
using QueueService.Server.Webhooks;
using QueueService.Storage.Files;

namespace QueueService.Server.Hosting;

/// <summary>Opens the broker before the server listens, drains it when the server stops, and closes it after the last
/// request. Endpoints keep this object and ask it for the broker, so there is nothing to resolve per request.</summary>
internal sealed class BrokerHost(ServerOptions options, TimeProvider time, ILogger<BrokerHost> log)
    : IHostedLifecycleService, IAsyncDisposable
{
    /// <summary>How long the server still listens after it said that it is not ready: a balancer that asks every second
    /// turns away before connections are refused.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(1);

    private readonly Lock _closing = new();
    private SnsDelivery? _sns;
    private PhysicalFileSystem? _files;
    private MessageBroker? _broker;
    private TopicFeeds? _topics;
    private TableHost? _tables;
    private int _failureReported;
    private Task? _closed;

    public MessageBroker Broker => _broker ?? throw new InvalidOperationException("The broker is not open.");

    /// <summary>As <see cref="Broker"/>; null while it is not open.</summary>
    public MessageBroker? OpenBroker => _broker;

    public ServerOptions Options => options;

    public TimeProvider Time => time;

    public SystemFeed Feed { get; } = new(time, options.Limits.MaxSystemReaders);

    public TopicFeeds Topics => _topics ?? throw new InvalidOperationException("The broker is not open.");

    public BodiesInFlight Bodies { get; } = new(options.Limits.MaxBodiesInFlightBytes);

    public LiveStreams Live { get; } = new(options.Limits.MaxLiveStreams, time);

    public ReplyInbox Replies { get; } = new(time);

    public KeysInUse Keys { get; } = new();

    public TableHost Tables => _tables ?? throw new InvalidOperationException("The broker is not open.");

    public WebhookHost Webhooks { get; } = new(options, time);

    public SnsDelivery Sns => _sns ??= new SnsDelivery(options.Aws, time, Webhooks.SnsEndpoints);

    /// <summary>Is told what happens, as the feed is.</summary>
    public Action<BrokerEvent>? Changed { get; set; }

    /// <summary>The broker's health; null while it is not open.</summary>
    public BrokerHealth? Health => _broker?.Health;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Declared> declared = options.Bootstrap is { } path ? BootstrapReader.Read(path) : [];
        BrokerOptions limits = new()
        {
            MaxWaiters = options.Limits.MaxWaiters,
            MaxInFlightPerQueue = options.Limits.MaxInFlightPerQueue,
            MaxQueues = options.Limits.MaxQueues,
            MaxDeduplicationKeys = options.Limits.MaxDeduplicationKeys,
            MaxIdempotencyKeys = options.Limits.MaxIdempotencyKeys,
            ReadAheadPerLane = options.Limits.ReadAheadPerLane,
            Observer = Tell,
            Storage = new QueueService.Storage.StorageOptions
            {
                SegmentBytes = options.Storage.SegmentBytes,
                Tier = TierSetup.Open(options.Tier, time, log),
            },
        };
        long started = time.GetTimestamp();
        _files = new PhysicalFileSystem(options.Storage.FullDirectory);
        _broker = MessageBroker.Open(_files, limits, time);
        log.BrokerOpened(
            options.Storage.FullDirectory, (long)time.GetElapsedTime(started).TotalMilliseconds,
            _broker.Replayed.Frames, _broker.Replayed.Bytes);
        // Opening the broker has locked the directory.
        Webhooks.Open(_files);
        Sns.Open(_files);
        await ReplyInbox.DeleteLeftOvers(_broker);
        Feed.Start(_broker);
        _topics = new TopicFeeds(this, options.Limits.MaxTopicReaders);
        _topics.Start();
        _tables = new TableHost(this, options.Limits.MaxTableKeys);
        _tables.Start();
        if (declared.Count > 0) await new BootstrapRun(this, log).Apply(declared, cancellationToken);
    }

    /// <summary>Before Kestrel stops: waiting receives, streams and readers of the feed end now, so that they do not
    /// hold their connections.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await Replies.Stop();
        await Live.Drain();
        _topics?.Drain();
        _broker?.Drain();
        Feed.Drain();
        await Task.Delay(Notice, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync();
        log.BrokerClosed();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The host's stop and its disposal may come from two threads: both wait until the files are
    /// closed.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_closing) _closed ??= Close();
        await _closed;
    }

    /// <summary>Logs why the storage failed, once: every later request fails for the same reason.</summary>
    public void ReportFailure()
    {
        if (_broker?.Failure is { } failure && Interlocked.Exchange(ref _failureReported, 1) == 0)
            log.StorageFailed(failure);
    }

    /// <summary>Takes messages that could not be read back out of their queue, and says so.</summary>
    public async ValueTask ReportDamage(ReceivedMessages messages)
    {
        int damaged = await Broker.ReportDamage(messages);
        if (damaged > 0) log.MessagesDamaged(damaged);
    }

    private async Task Close()
    {
        await Feed.DisposeAsync();
        if (_topics is not null) await _topics.DisposeAsync();
        _tables?.Dispose();
        await Replies.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
        _files?.Dispose();
        Live.Dispose();
        Webhooks.Dispose();
        _sns?.Dispose();
    }

    private void Tell(BrokerEvent change)
    {
        Feed.Publish(change);
        Changed?.Invoke(change);
    }
}
