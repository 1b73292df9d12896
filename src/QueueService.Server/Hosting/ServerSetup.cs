using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using QueueService.Server.Deliveries;
using QueueService.Server.DurableStreams;
using QueueService.Server.Http;
using QueueService.Server.Jobs;
using QueueService.Server.OpenApi;
using QueueService.Server.Operations;
using QueueService.Server.Queues;
using QueueService.Server.Streams;
using QueueService.Server.Streams.Groups;
using QueueService.Server.Streams.QueueViews;
using QueueService.Server.Topics;
using Serilog;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Json;

namespace QueueService.Server.Hosting;

/// <summary>Puts the process together. It starts from the empty builder: what is not named here does not run.</summary>
internal static class ServerSetup
{
    /// <summary>In-flight requests and the last checkpoint end within this; a container engine kills after 10 s.
    /// </summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Whether the program was started by the document generator of the build.</summary>
    public static bool IsDescribing => Assembly.GetEntryAssembly()?.GetName().Name == "GetDocument.Insider";

    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        // The settings file lies beside the program, so that it is found from any working directory.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration
            .AddJsonFile("appsettings.json", optional: true, reloadOnChange: false)
            .AddEnvironmentVariables("ASPNETCORE_")
            .AddEnvironmentVariables()
            .AddCommandLine(args);
        return builder;
    }

    public static WebApplication Build(WebApplicationBuilder builder, ServerOptions options)
    {
        AddLogging(builder.Logging);
        IServiceCollection services = builder.Services;
        services.AddRouting();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.AddSingleton(options).AddSingleton(TimeProvider.System).AddSingleton<BrokerHost>();
        // The build runs this program to write the OpenAPI document; that must not open a data directory.
        if (!IsDescribing) services.AddHostedService(provider => provider.GetRequiredService<BrokerHost>());
        if (!IsDescribing) services.AddHostedService<SubscriptionHost>();
        JobSetup.Add(services);
        ApiDocument.AddServices(services);

        builder.WebHost.UseUrls($"{options.Urls};{options.Http2Urls}").UseKestrelCore().UseKestrelHttpsConfiguration();
        services.Configure<KestrelServerOptions>(kestrel => Configure(kestrel, builder.Configuration, options));
        // Requests wait for a commit, so a connection's work comes in short steps: hops between threads would cost more
        // than the steps. What it makes slower, many pipelined answers at once, a durable server does not have.
        services.Configure<SocketTransportOptions>(static sockets => sockets.UnsafePreferInlineScheduling = true);

        WebApplication app = builder.Build();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        QueueRoutes.Map(app);
        TopicRoutes.Map(app);
        StreamRoutes.Map(app);
        GroupRoutes.Map(app);
        QueueViewRoutes.Map(app);
        DurableStreamRoutes.Map(app);
        DeliveryRoutes.Map(app);
        OperationRoutes.Map(app);
        JobRoutes.Map(app);
        ServiceRoutes.Map(app);
        AwsSetup.Map(app);
        ApiDocument.Map(app);
        return app;
    }

    private static void Configure(
        KestrelServerOptions kestrel, ConfigurationManager configuration, ServerOptions options)
    {
        kestrel.Configure(configuration.GetSection("Kestrel"));
        kestrel.AddServerHeader = false;
        IPEndPoint[] http2 =
        [
            .. options.Http2Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(BindingAddress.Parse).Select(url => new IPEndPoint(IPAddress.Parse(url.Host), url.Port)),
        ];
        // With TLS the client chooses, by default; without, Kestrel speaks HTTP/2 where it speaks nothing else.
        kestrel.ConfigureEndpointDefaults(endpoint =>
        {
            if (http2.Contains(endpoint.IPEndPoint)) endpoint.Protocols = HttpProtocols.Http2;
        });
        kestrel.Limits.MaxRequestBodySize = Limits.RequestBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = Limits.RequestHeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = Limits.RequestHeaders;
        kestrel.Limits.MaxConcurrentConnections = options.Limits.MaxConnections;
        // Attributes are UTF-8 on the way in (Kestrel's default) and so on the way out.
        kestrel.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.UTF8;
    }

    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.AddSerilog(
            new LoggerConfiguration().WriteTo.Console(new JsonFormatter(renderMessage: true)).CreateLogger(),
            dispose: true);
        // AddSerilog lets everything through for its provider, so only rules for that provider are stronger.
        logging.AddFilter<SerilogLoggerProvider>(null, LogLevel.Information)
            .AddFilter<SerilogLoggerProvider>("Microsoft", LogLevel.Warning)
            .AddFilter<SerilogLoggerProvider>("Microsoft.Hosting.Lifetime", LogLevel.Information)
            .AddFilter<SerilogLoggerProvider>("Quartz", LogLevel.Warning)
            // A start that fails is reported by the program, in one line.
            .AddFilter<SerilogLoggerProvider>("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            // Enabled at any level, it would create an activity and a log scope for each request.
            .AddFilter<SerilogLoggerProvider>("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
    }
}
