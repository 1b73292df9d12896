namespace QueueService.Benchmarks.Processes;

/// <summary>Where the build leaves things, seen from this assembly.</summary>
internal static class Repository
{
    private static readonly string? _root = FindRoot();

    /// <exception cref="BenchmarkException">The Release build is not there.</exception>
    public static string ServerAssembly(string? given)
    {
        string assembly = given ?? Path.Combine(
            _root ?? throw new BenchmarkException("QueueService.sln is in no parent folder: give --server <path>."),
            "artifacts/bin/QueueService.Server/release/QueueService.Server.dll");
        return File.Exists(assembly)
            ? Path.GetFullPath(assembly)
            : throw new BenchmarkException(
                $"{assembly} is not there. Build it with: dotnet build -c Release src/QueueService.Server");
    }

    /// <summary>A new folder for a server's data. By default it lies beside the build, not in the system's temporary
    /// folder: that one is often in memory, where a sync costs nothing.</summary>
    public static string CreateDataDirectory(string? parent)
    {
        string path = Path.Combine(DataParent(parent), $"data-{Environment.ProcessId}-{Guid.NewGuid():N}");
        return Directory.CreateDirectory(path).FullName;
    }

    public static string DataParent(string? given)
    {
        string parent = given ?? (_root is null ? Path.GetTempPath() : Path.Combine(_root, "artifacts/benchmarks"));
        return Directory.CreateDirectory(parent).FullName;
    }

    private static string? FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QueueService.sln")))
            folder = folder.Parent;
        return folder?.FullName;
    }
}
