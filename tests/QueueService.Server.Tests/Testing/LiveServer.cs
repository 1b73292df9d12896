using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using QueueService.Testing;

namespace QueueService.Server.Tests.Testing;

/// <summary>The real server with an address for each way to speak to it: HTTP/1.1, HTTP/2 without TLS, and TLS. Its
/// clock moves only when a test moves it, if the test brings one.</summary>
public sealed class LiveServer : WebApplicationFactory<Program>
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("queueservice-live-");
    private readonly StopSignal _stop = new();
    private readonly TimeProvider _time;
    private readonly string[] _settings;

    public LiveServer()
        : this(TimeProvider.System)
    {
    }

    internal LiveServer(TimeProvider time, params string[] settings)
    {
        (_time, _settings) = (time, settings);
        UseKestrel();
        StartServer();
        Uri[] addresses =
        [
            .. Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
                .Select(address => new Uri(address)),
        ];
        Http1 = addresses.Single(address => address is { Scheme: "http", Host: "127.0.0.1" });
        Http2 = addresses.Single(address => address.Host == "127.0.0.2");
        Tls = addresses.Single(address => address.Scheme == "https");
        Document = ApiDocumentation.Load(Http1);
    }

    public Uri Http1 { get; }

    public Uri Http2 { get; }

    public Uri Tls { get; }

    internal ApiDocumentation Document { get; }

    internal Api Api => new(Http1, Document);

    public Uri Address(string protocol) => protocol switch
    {
        "HTTP/1.1" => Http1,
        "h2c" => Http2,
        _ => Tls,
    };

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        string certificate = Path.Combine(_data.FullName, "certificate.pfx");
        WriteCertificate(certificate);
        builder.UseSetting("Storage:Directory", Path.Combine(_data.FullName, "data"));
        builder.UseSetting("Urls", "http://127.0.0.1:0;https://127.0.0.3:0");
        builder.UseSetting("Http2Urls", "http://127.0.0.2:0");
        builder.UseSetting("Kestrel:Certificates:Default:Path", certificate);
        foreach (string setting in _settings)
        {
            string[] parts = setting.Split('=');
            builder.UseSetting(parts[0], parts[1]);
        }

        builder.ConfigureServices(services => services.AddSingleton(_time).AddSingleton<IHostedService>(_stop));
    }

    /// <summary>A server that stops waits on its clock, and the program itself ends it: the factory only
    /// asks.</summary>
    public override async ValueTask DisposeAsync()
    {
        await PassTime(base.DisposeAsync().AsTask());
        await PassTime(_stop.Stopped);
        _data.Refresh();
        if (_data.Exists) _data.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    private async Task PassTime(Task stopping)
    {
        if (_time is ManualTimeProvider manual) await manual.AdvanceUntil(stopping, TimeSpan.FromSeconds(1));
        await stopping;
    }

    private static void WriteCertificate(string path)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(
            DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        File.WriteAllBytes(path, certificate.Export(X509ContentType.Pfx));
    }

    /// <summary>Completes when all services of the host have stopped, so that nobody writes any more.</summary>
    private sealed class StopSignal : IHostedLifecycleService
    {
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Stopped => _stopped.Task;

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken)
        {
            _stopped.TrySetResult();
            return Task.CompletedTask;
        }
    }
}

[CollectionDefinition(Name)]
public sealed class LiveCollection : ICollectionFixture<LiveServer>
{
    public const string Name = "live";
}
