using Microsoft.Extensions.Configuration;
using QueueService.Server.Hosting;

namespace QueueService.Server.Tests.Hosting;

public sealed class OptionsReaderTests
{
    [Fact]
    public void The_defaults_listen_on_loopback_and_keep_data_beside_the_caller()
    {
        ServerOptions options = Read(out List<string> errors);
        Assert.Empty(errors);
        Assert.Equal("http://127.0.0.1:8080", options.Urls);
        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "data"), options.Storage.FullDirectory);
    }

    [Fact]
    public void Everything_that_is_wrong_is_reported_at_once()
    {
        Read(out List<string> errors, "--urls=8080", "--Storage:Directory=", "--Storage:Path=x", "--Limits:MaxQueues=many",
            "--Webhooks:AllowedNetworks:0=10.0.0.0/8", "--Strage:Directory=x");
        Assert.Collection(
            errors.Order(StringComparer.Ordinal),
            error => Assert.StartsWith("'--Strage:Directory=x'", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Limits:MaxQueues is 'many'", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Storage:Directory must", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Storage:Path is not a setting", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Urls: '8080'", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Webhooks:AllowedNetworks:0", error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", true)]
    [InlineData("http://*:80;https://[::]:443", true)]
    [InlineData("ftp://x", false)]
    [InlineData("http://x/path", false)]
    [InlineData("localhost:8080", false)]
    public void An_address_is_http_or_https_a_host_and_a_port(string urls, bool valid)
    {
        Read(out List<string> errors, "--urls", urls);
        Assert.Equal(valid, errors.Count == 0);
    }

    [Fact]
    public void Values_may_follow_their_option()
    {
        ServerOptions options = Read(out List<string> errors, "--Storage:Directory", "/x", "--Limits:MaxWaiters", "5");
        Assert.Empty(errors);
        Assert.Equal(("/x", 5), (options.Storage.Directory, options.Limits.MaxWaiters));
    }

    [Fact]
    public void A_bootstrap_is_a_path_and_has_no_settings_below_it()
    {
        Assert.Null(Read(out _).Bootstrap);
        Assert.Equal("queues.json", Read(out _, "--Bootstrap", "queues.json").Bootstrap);
        Read(out List<string> errors, "--Bootstrap=");
        Assert.Equal("Bootstrap must not be empty.", Assert.Single(errors));
        Read(out errors, "--Bootstrap:File=x");
        Assert.StartsWith("Bootstrap:File is not a setting", Assert.Single(errors), StringComparison.Ordinal);
    }

    private static ServerOptions Read(out List<string> errors, params string[] arguments)
    {
        OptionsReader reader = new(new ConfigurationBuilder().AddCommandLine(arguments).Build());
        ServerOptions options = reader.Read(arguments);
        errors = reader.Errors;
        return options;
    }
}
