using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace QueueService.Server.Tests.Faults;

/// <summary>
/// The built server as its own process on a port that the kernel chose, for tests that kill it, trace it or stop it.
/// </summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    // A traced server on a busy machine with two cores starts in a few seconds; this is ten times that.
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private volatile Uri? _address;

    private ServerProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
    }

    /// <summary>The configuration that these tests were built with: the server's own build is beside them.</summary>
    public static string Dll { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "../../QueueService.Server", new DirectoryInfo(AppContext.BaseDirectory).Name,
        "QueueService.Server.dll"));

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Where it listens; known once it is started.</summary>
    public Uri Address => _address ?? throw new InvalidOperationException("The server named no address yet.");

    /// <summary>Everything that it wrote to its standard output and error, for failure messages.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="strace">Arguments of strace under which it runs; none: it runs by itself.</param>
    public static async Task<ServerProcess> Start(string directory, params string[] strace)
    {
        ServerProcess server = Launch(directory, strace);
        if (await server.BecomesReady())
            return server;
        string output = server.Output;
        await server.DisposeAsync();
        throw new InvalidOperationException("The server did not become ready:\n" + output);
    }

    /// <summary>Starts it and waits for nothing.</summary>
    public static ServerProcess Launch(string directory, params string[] strace) =>
        Run(null, strace, "--urls", "http://127.0.0.1:0", "--Storage:Directory=" + directory);

    /// <summary>Runs the program with any arguments, from any working directory.</summary>
    public static ServerProcess Run(string? workingDirectory, string[] strace, params string[] arguments)
    {
        // -D keeps the server as our direct child and strace as its grandchild, so that signals reach the server.
        string[] command = strace.Length == 0
            ? ["dotnet", Dll, .. arguments]
            : ["strace", "-D", "-f", "-q", .. strace, "dotnet", Dll, .. arguments];
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        // A profiled or re-jitted server changes nothing that is tested here, and starts slower.
        start.Environment["DOTNET_TieredPGO"] = "0";
        var server = new ServerProcess(Process.Start(start)!);
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Waits until it answers that it is ready; false when it ended first or took too long.</summary>
    public async Task<bool> BecomesReady()
    {
        using var limit = new CancellationTokenSource(StartLimit, TimeProvider.System);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        while (!limit.IsCancellationRequested && !_process.HasExited)
        {
            if (_address is { } address && await Readiness(http, address) == HttpStatusCode.OK)
                return true;
            // Another process is waited for: there is no clock to advance.
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        return false;
    }

    /// <summary>What /health/ready answers; null when nobody does.</summary>
    public static async Task<HttpStatusCode?> Readiness(HttpClient http, Uri server)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(server, "/health/ready"));
            return answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>kill -9: nothing is flushed, nobody is told.</summary>
    public async Task KillNow()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as an orchestrator sends it.</summary>
    public async Task Terminate()
    {
        using Process kill = Process.Start("sh", ["-c", "kill -TERM " + Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for the end of the process and answers its exit code; throws when the limit passes.</summary>
    public async Task<int> Exit(TimeSpan limit)
    {
        using var cancellation = new CancellationTokenSource(limit, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(cancellation.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"The server still runs after {limit.TotalSeconds} s:\n{Output}", e);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await KillNow();
        _process.Dispose();
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9][0-9]*", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AddressPattern { get; }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
        Match match = AddressPattern.Match(line);
        if (match.Success)
            _address ??= new Uri(match.Value);
    }
}
