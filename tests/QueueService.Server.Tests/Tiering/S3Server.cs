using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using QueueService.Server.Tiering;

namespace QueueService.Server.Tests.Tiering;

/// <summary>npm's s3rver, an S3 on loopback, with one bucket.</summary>
internal sealed partial class S3Server : IAsyncDisposable
{
    public const string Bucket = "segments";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("queueservice-s3-");
    private Process? _process;
    private int _port;

    private S3Server()
    {
    }

    public Uri Address => new($"http://127.0.0.1:{_port}");

    public string CredentialsFile => Path.Combine(_data.FullName, "credentials");

    public S3Settings Settings => new(Bucket)
    {
        Endpoint = Address.ToString(), Prefix = "queues/", ForcePathStyle = true, CredentialsFile = CredentialsFile,
    };

    public static async Task<S3Server> Start()
    {
        S3Server server = new();
        await File.WriteAllTextAsync(
            server.CredentialsFile, "[default]\naws_access_key_id = S3RVER\naws_secret_access_key = S3RVER\n");
        await server.Resume();
        return server;
    }

    /// <summary>At the port that it had before.</summary>
    public async Task Resume()
    {
        string program = Path.Combine(Clients(), "node_modules", "s3rver", "bin", "s3rver.js");
        Assert.True(
            File.Exists(program),
            "The npm packages of tests/clients are missing: run `npm ci --ignore-scripts` there, or tests/run.");
        string port = _port.ToString(CultureInfo.InvariantCulture);
        _process = Process.Start(new ProcessStartInfo("node",
        [
            program, "-d", Path.Combine(_data.FullName, "data"), "-a", "127.0.0.1", "-p", port,
            "--configure-bucket", Bucket,
        ])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        TaskCompletionSource<int> listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
        StringBuilder errors = new();
        _process.OutputDataReceived += (_, line) =>
        {
            Match listening = Listening.Match(line.Data ?? "");
            if (listening.Success)
                listens.TrySetResult(int.Parse(listening.Groups["port"].Value, CultureInfo.InvariantCulture));
            else if (line.Data is null) listens.TrySetException(new IOException($"s3rver did not start: {errors}"));
        };
        _process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        _port = await listens.Task;
    }

    public async Task Stop()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>The names of the objects, and of whatever else is there.</summary>
    public async Task<IReadOnlyList<string>> Objects()
    {
        using S3ObjectStore store = new(Settings with { Prefix = "" });
        return await store.List("", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _process?.Dispose();
        _data.Delete(recursive: true);
    }

    [GeneratedRegex(@"listening on 127\.0\.0\.1:(?<port>[0-9]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Listening { get; }

    private static string Clients()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QueueService.sln")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, "tests", "clients");
    }
}
