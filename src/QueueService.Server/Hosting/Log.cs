namespace QueueService.Server.Hosting;

/// <summary>Every line that the server itself logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Opened {Directory} in {Milliseconds} ms")]
    public static partial void BrokerOpened(this ILogger log, string directory, long milliseconds);

    [LoggerMessage(2, LogLevel.Information, "Closed the data directory")]
    public static partial void BrokerClosed(this ILogger log);

    [LoggerMessage(3, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void RequestFailed(this ILogger log, string method, string path, Exception mistake);
}
