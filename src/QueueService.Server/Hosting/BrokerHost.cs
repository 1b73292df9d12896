using QueueService.Broker;
using QueueService.Server.Http;
using QueueService.Storage.Files;

namespace QueueService.Server.Hosting;

/// <summary>Opens the broker before the server listens, drains it when the server stops, and closes it after the last
/// request. Endpoints keep this object and ask it for the broker, so there is nothing to resolve per request.</summary>
internal sealed class BrokerHost(
    ServerOptions options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<BrokerHost> log)
    : IHostedService, IAsyncDisposable
{
    private MessageBroker? _broker;
    private CancellationTokenRegistration _stopping;

    public MessageBroker Broker => _broker ?? throw new InvalidOperationException("The broker is not open.");

    public BodiesInFlight Bodies { get; } = new(options.Limits.MaxBodiesInFlightBytes);

    /// <summary>The broker's health; null while it is not open.</summary>
    public BrokerHealth? Health => _broker?.Health;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        BrokerOptions limits = new()
        {
            MaxWaiters = options.Limits.MaxWaiters,
            MaxInFlightPerQueue = options.Limits.MaxInFlightPerQueue,
            MaxQueues = options.Limits.MaxQueues,
        };
        long started = time.GetTimestamp();
        _broker = MessageBroker.Open(new PhysicalFileSystem(options.Storage.FullDirectory), limits, time);
        log.BrokerOpened(options.Storage.FullDirectory, (long)time.GetElapsedTime(started).TotalMilliseconds);
        // Before Kestrel stops: waiting receives end now, so that they do not hold their connections.
        _stopping = lifetime.ApplicationStopping.Register(() => _broker?.Drain());
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync();
        log.BrokerClosed();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
    }
}
