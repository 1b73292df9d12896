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
        Read(
            out List<string> errors, "--urls=8080", "--Storage:Directory=", "--Storage:Path=x",
            "--Limits:MaxQueues=many", "--Webhooks:AllowedNetworks:0=10.0.0.1/8", "--Strage:Directory=x");
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
    public void An_object_store_is_a_directory_or_a_bucket()
    {
        Assert.Null(Read(out _).Tier.S3);
        Assert.Equal("/cold", Read(out _, "--Tier:Directory=/cold").Tier.Directory);
        ServerOptions options = Read(
            out List<string> errors, "--Tier:S3:Bucket=b", "--Tier:S3:Endpoint=http://127.0.0.1:9000",
            "--Tier:S3:ForcePathStyle=true", "--Tier:S3:Prefix=p/");
        Assert.Empty(errors);
        Assert.Equal(
            ("b", "http://127.0.0.1:9000", true, "p/", "us-east-1"),
            (options.Tier.S3!.Bucket, options.Tier.S3.Endpoint, options.Tier.S3.ForcePathStyle, options.Tier.S3.Prefix,
                options.Tier.S3.Region));
        Read(
            out errors, "--Tier:Directory=/cold", "--Tier:S3:Bucket=b", "--Tier:S3:Endpoint=9000",
            "--Tier:S3:ForcePathStyle=maybe", "--Tier:CacheBytes=5", "--Storage:SegmentBytes=1");
        Assert.Collection(
            errors.Order(StringComparer.Ordinal),
            error => Assert.StartsWith("Storage:SegmentBytes is '1'", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Tier:CacheBytes is '5'", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Tier:Directory and Tier:S3:Bucket", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Tier:S3:Endpoint is '9000'", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Tier:S3:ForcePathStyle is 'maybe'", error, StringComparison.Ordinal));
        Read(out errors, "--Tier:S3:Region=eu-central-1");
        Assert.Equal("Tier:S3:Bucket is missing.", Assert.Single(errors));
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

    [Fact]
    public void Networks_that_webhooks_may_reach_are_a_list()
    {
        Assert.Empty(Read(out _).Webhooks.AllowedNetworks);
        ServerOptions options = Read(
            out List<string> errors, "--Webhooks:AllowedNetworks:0=127.0.0.0/8",
            "--Webhooks:AllowedNetworks:1=fd00::/8");
        Assert.Empty(errors);
        Assert.Equal(["127.0.0.0/8", "fd00::/8"], options.Webhooks.AllowedNetworks.Select(some => some.ToString()));
        Read(out errors, "--Webhooks:AllowedNetworks=127.0.0.0/8", "--Webhooks:Allowed:0=::/0");
        Assert.Collection(
            errors.Order(StringComparer.Ordinal),
            error => Assert.StartsWith("Webhooks:Allowed:0 is not a setting", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Webhooks:AllowedNetworks is a list", error, StringComparison.Ordinal));
    }

    [Fact]
    public void The_key_of_the_secrets_comes_from_the_settings_or_a_file_and_is_not_repeated_in_errors()
    {
        const string Key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Key + "\n");
            Assert.Equal(Key, Read(out _, "--Webhooks:SecretKey", Key).Webhooks.SecretKey);
            Assert.Equal(Key, Read(out _, "--Webhooks:SecretKeyFile", file).Webhooks.SecretKey?.Trim());
            Read(out List<string> errors, "--Webhooks:SecretKey", Key, "--Webhooks:SecretKeyFile", file);
            Assert.Contains("both given", Assert.Single(errors), StringComparison.Ordinal);
            Read(out errors, "--Webhooks:SecretKey", Key[..40]);
            Assert.Equal("Webhooks:SecretKey must be the base64 of 32 bytes.", Assert.Single(errors));
            File.WriteAllText(file, new string('x', 2_000));
            Read(out errors, "--Webhooks:SecretKeyFile", file);
            Assert.Contains("1024 bytes", Assert.Single(errors), StringComparison.Ordinal);
            Read(out errors, "--Webhooks:SecretKeyFile", file + ".missing");
            Assert.StartsWith("Webhooks:SecretKeyFile", Assert.Single(errors), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static ServerOptions Read(out List<string> errors, params string[] arguments)
    {
        OptionsReader reader = new(new ConfigurationBuilder().AddCommandLine(arguments).Build());
        ServerOptions options = reader.Read(arguments);
        errors = reader.Errors;
        return options;
    }
}
