using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace QueueService.Benchmarks.Processes;

/// <summary>A server under measurement: one that this program starts and ends, or one that runs anyway.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int TerminateSignal = 15;

    // The server promises to end within 10 s of SIGTERM.
    private static readonly TimeSpan _exitTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _startTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly bool _owned;
    private readonly LastLines _output = new();

    private ServerProcess(Process process, Uri url, bool owned)
    {
        _process = process;
        _owned = owned;
        Url = url;
        EndPoint = new IPEndPoint(Dns.GetHostAddresses(url.DnsSafeHost)[0], url.Port);
        Client = new HttpClient { BaseAddress = url };
    }

    public Uri Url { get; }

    public IPEndPoint EndPoint { get; }

    /// <summary>For what is not measured.</summary>
    public HttpClient Client { get; }

    /// <summary>User and system time of all threads so far (/proc/PID/stat, steps of 10 ms).</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>VmRSS.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static ServerProcess Attach(Uri url, int pid) => new(Process.GetProcessById(pid), url, owned: false);

    /// <summary>A port that was free a moment ago.</summary>
    public static Uri FreeUrl()
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndPoint!).Port}");
    }

    /// <summary>Does not wait until it is ready.</summary>
    public static ServerProcess Start(string assembly, Uri url, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new("dotnet", [assembly, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment.Remove("ASPNETCORE_URLS");
        ServerProcess server = new(Process.Start(start)!, url, owned: true);
        server._process.OutputDataReceived += server._output.Add;
        server._process.ErrorDataReceived += server._output.Add;
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <exception cref="BenchmarkException">It ended, or was not ready in time.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!await AnswersAsync(cancellation))
        {
            ThrowIfEnded();
            if (waited.Elapsed > _startTimeout)
                throw new BenchmarkException($"{Url} is not ready after {_startTimeout.TotalSeconds} s.\n{_output}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellation);
        }
    }

    /// <exception cref="BenchmarkException">It ended.</exception>
    public void ThrowIfEnded()
    {
        if (!_process.HasExited) return;
        if (!_owned) throw new BenchmarkException($"The server at {Url} has ended.");
        _process.WaitForExit();
        throw new BenchmarkException($"The server at {Url} ended with code {_process.ExitCode}:\n{_output}");
    }

    /// <summary>Why it takes no more connections: a crash may write its dump for seconds after its sockets are gone.
    /// </summary>
    public async Task<BenchmarkException> ExplainLossAsync()
    {
        using CancellationTokenSource patience = new(_exitTimeout);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            ThrowIfEnded();
        }
        catch (OperationCanceledException)
        {
            // It lives and has closed its port: that is all there is to say.
        }
        catch (BenchmarkException ended)
        {
            return ended;
        }

        return new BenchmarkException($"The server at {Url} no longer takes connections.\n{_output}");
    }

    /// <summary>As a crash would end it: kill -9.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_owned && !_process.HasExited)
        {
            _ = SendSignal(_process.Id, TerminateSignal);
            using CancellationTokenSource patience = new(_exitTimeout);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync($"The server at {Url} ignored SIGTERM and was killed.\n{_output}");
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            Uri ready = new("health/ready", UriKind.Relative);
            using HttpResponseMessage reply = await Client.GetAsync(ready, cancellation);
            return reply.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
