using QueueService.Aws.Auth;
using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Http;

namespace QueueService.Aws;

/// <summary>What the protocols need of the program that they run in; one for the life of the process.</summary>
public sealed class AwsHost
{
    private Gate? _gate;
    private RecentNames? _deleted;
    private RecentNames? _purged;

    public required AwsOptions Options { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Answers null until the broker is open.</summary>
    public required Func<MessageBroker?> OpenBroker { get; init; }

    /// <summary>The account of all request bodies in memory.</summary>
    public required BodiesInFlight Bodies { get; init; }

    /// <summary>Is told that something failed on this side: logs it when it was the storage.</summary>
    public required Action ReportFailure { get; init; }

    /// <summary>Takes messages that could not be read back out of their queue.</summary>
    public required Func<ReceivedMessages, ValueTask> ReportDamage { get; init; }

    /// <summary>What SNS delivers, and how.</summary>
    internal SnsDelivery Sns { get; init; } = null!;

    /// <summary>Lets long work begin now that is waiting for its job.</summary>
    public required Func<ValueTask> HastenOperations { get; init; }

    /// <summary>Only for requests, which come when the broker is open.</summary>
    internal MessageBroker Broker => OpenBroker() ?? throw new InvalidOperationException("The broker is not open.");

    internal Gate Gate => LazyInitializer.EnsureInitialized(ref _gate, () => new Gate(Options, Time));

    /// <summary>Queues that were deleted a moment ago.</summary>
    internal RecentNames Deleted =>
        LazyInitializer.EnsureInitialized(ref _deleted, () => new RecentNames(Options.StrictTimers, Time));

    /// <summary>Queues that were purged a moment ago.</summary>
    internal RecentNames Purged =>
        LazyInitializer.EnsureInitialized(ref _purged, () => new RecentNames(Options.StrictTimers, Time));
}
