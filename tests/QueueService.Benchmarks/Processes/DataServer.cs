namespace QueueService.Benchmarks.Processes;

/// <summary>The queue server with the data directory that it was given; a crash and a restart keep the directory.
/// </summary>
internal sealed class DataServer : IAsyncDisposable
{
    private readonly string _assembly = "";
    private readonly IReadOnlyList<string> _arguments = [];

    private DataServer(ServerProcess running) => Process = running;

    private DataServer(string assembly, string directory, IReadOnlyList<string> arguments)
    {
        _assembly = assembly;
        _arguments = arguments;
        Directory = directory;
        Process = StartProcess();
    }

    public ServerProcess Process { get; private set; }

    /// <summary>Null for a server that was already running.</summary>
    public string? Directory { get; }

    public static DataServer Attach(Uri url, int pid) => new(ServerProcess.Attach(url, pid));

    /// <summary>On a new directory. Does not wait until it is ready.</summary>
    /// <param name="arguments">Of the scenario; those of the command line win.</param>
    public static DataServer Start(BenchmarkOptions options, params string[] arguments)
    {
        string assembly = Repository.ServerAssembly(options.Server);
        string directory = Repository.CreateDataDirectory(options.Data);
        return new DataServer(assembly, directory, [.. arguments, .. options.ServerArguments]);
    }

    /// <summary>kill -9, and a new process on the same directory. Does not wait until it is ready.</summary>
    public async Task CrashAndRestartAsync(CancellationToken cancellation)
    {
        await Process.KillAsync(cancellation);
        await Process.DisposeAsync();
        Process = StartProcess();
    }

    /// <summary>Bytes of all files but the journal's and the held-back space, whose sizes are fixed.</summary>
    public long DiskBytes()
    {
        string journal = Path.Combine(Directory!, "journal") + Path.DirectorySeparatorChar;
        long sum = 0;
        foreach (FileInfo file in new DirectoryInfo(Directory!).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (file.FullName.StartsWith(journal, StringComparison.Ordinal) || file.Name == "reserve") continue;
            // A checkpoint deletes files while they are listed.
            file.Refresh();
            if (file.Exists) sum += file.Length;
        }

        return sum;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        if (Directory is not null) System.IO.Directory.Delete(Directory, recursive: true);
    }

    private ServerProcess StartProcess()
    {
        Uri url = ServerProcess.FreeUrl();
        string authority = url.GetLeftPart(UriPartial.Authority);
        return ServerProcess.Start(
            _assembly, url, ["--urls", authority, $"--Storage:Directory={Directory}", .. _arguments]);
    }
}
