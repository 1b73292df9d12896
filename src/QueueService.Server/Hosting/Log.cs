namespace QueueService.Server.Hosting;

/// <summary>Every line that the server itself logs.</summary>
internal static partial class Log
{
    [LoggerMessage(
        1, LogLevel.Information,
        "Opened {Directory} in {Milliseconds} ms, {Frames} frames ({Bytes} bytes) replayed")]
    public static partial void BrokerOpened(
        this ILogger log, string directory, long milliseconds, long frames, long bytes);

    [LoggerMessage(2, LogLevel.Information, "Closed the data directory")]
    public static partial void BrokerClosed(this ILogger log);

    [LoggerMessage(4, LogLevel.Critical, "Storage failed: nothing is accepted until a restart")]
    public static partial void StorageFailed(this ILogger log, Exception failure);

    [LoggerMessage(5, LogLevel.Error, "{Count} messages were damaged on disk and are no longer in their queue")]
    public static partial void MessagesDamaged(this ILogger log, int count);

    [LoggerMessage(6, LogLevel.Error, "The job {Job} failed")]
    public static partial void JobFailed(this ILogger log, string job, Exception mistake);

    [LoggerMessage(7, LogLevel.Warning, "Jobs still run after {Seconds} s; the server ends without them")]
    public static partial void JobsStillRun(this ILogger log, int seconds);

    [LoggerMessage(8, LogLevel.Error, "The subscription {Subscription} stood still for a second")]
    public static partial void SubscriptionFailed(this ILogger log, string subscription, Exception mistake);

    [LoggerMessage(9, LogLevel.Error, "The delivery of {Message} of {Subscription} failed before it was sent")]
    public static partial void DeliveryFailed(this ILogger log, string message, string subscription, Exception mistake);

    [LoggerMessage(10, LogLevel.Information, "The subscription {Subscription} is disabled: {Reason}")]
    public static partial void SubscriptionDisabled(this ILogger log, string subscription, string reason);

    [LoggerMessage(11, LogLevel.Error, "Changes of subscriptions were not followed for a second")]
    public static partial void SubscriptionsNotFollowed(this ILogger log, Exception mistake);

    [LoggerMessage(12, LogLevel.Warning,
        "Deliveries of some of {Subscriptions} subscriptions still run; the server ends without them")]
    public static partial void DeliveriesStillRun(this ILogger log, int subscriptions);

    [LoggerMessage(13, LogLevel.Error, "The object store failed: {Reason}")]
    public static partial void ObjectStoreFailed(this ILogger log, string reason);

    [LoggerMessage(20, LogLevel.Information, "Bootstrap: create {Kind:l} {Name}")]
    public static partial void BootstrapCreates(this ILogger log, string kind, string name);

    [LoggerMessage(21, LogLevel.Information, "Bootstrap: change {Kind:l} {Name}: {Fields}")]
    public static partial void BootstrapChanges(this ILogger log, string kind, string name, string fields);

    [LoggerMessage(22, LogLevel.Information, "Bootstrap: {Kind:l} {Name} is unchanged")]
    public static partial void BootstrapKeeps(this ILogger log, string kind, string name);

    [LoggerMessage(3, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void RequestFailed(this ILogger log, string method, string path, Exception mistake);
}
