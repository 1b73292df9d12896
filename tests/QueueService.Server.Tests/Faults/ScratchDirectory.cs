namespace QueueService.Server.Tests.Faults;

/// <summary>A data directory for one test, removed afterwards.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("queueservice-").FullName;

    /// <summary>Where the server keeps its data.</summary>
    public string Data => System.IO.Path.Combine(Path, "data");

    /// <summary>A file beside the data, for instance a trace.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
