using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;

namespace QueueService.Server.Tests.Testing;

/// <summary>The real server on a free port and an empty data directory, shared by the tests of the collection. A test
/// uses queues of its own.</summary>
public class RunningServer : WebApplicationFactory<Program>
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("queueservice-tests-");
    private readonly LogRecorder _log = new();

    public RunningServer()
    {
        UseKestrel(0);
        StartServer();
        Address = ClientOptions.BaseAddress;
        Document = ApiDocumentation.Load(Address);
    }

    public Uri Address { get; }

    internal ApiDocumentation Document { get; }

    /// <summary>A client whose every answer is compared with the OpenAPI document.</summary>
    internal Api Api => new(Address, Document);

    /// <summary>What the server logged as a warning or worse.</summary>
    public IReadOnlyCollection<string> Complaints => _log.Complaints;

    /// <summary>Takes what a test has provoked, so that the server may end without a complaint; null when there is
    /// none.</summary>
    public string? TakeComplaint() => _log.Complaints.TryDequeue(out string? one) ? one : null;

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Storage:Directory", _data.FullName);
        Configure(builder);
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(_log));
    }

    /// <summary>Other settings than the usual ones.</summary>
    protected virtual void Configure(IWebHostBuilder builder)
    {
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _log.Dispose();
        _data.Refresh();
        if (_data.Exists) _data.Delete(recursive: true);
        Assert.Empty(Complaints);
    }

    private sealed class LogRecorder : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Complaints { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Complaints.Enqueue($"{formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }
}

[CollectionDefinition(Name)]
public sealed class ServerCollection : ICollectionFixture<RunningServer>
{
    public const string Name = "server";
}
