using System.Net.Http.Json;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Faults;

namespace QueueService.Server.Tests.Bootstrap;

/// <summary>A directory of declarations, and the program that is started with them.</summary>
internal sealed class BootstrapFixture : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ScratchDirectory _directory = new();

    public HttpClient Http { get; } = new();

    public string Data => _directory.Data;

    public void Dispose()
    {
        Http.Dispose();
        _directory.Dispose();
    }

    public string PathOf(string name) => Path.Combine(_directory.Path, name);

    public async Task<string> Write(string name, string json)
    {
        string path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, json);
        return path;
    }

    public async Task<string> Refused(string path)
    {
        await using ServerProcess server = Launch(path);
        Assert.Equal(2, await server.Exit(Limit));
        Assert.Contains("Cannot start: The bootstrap is refused", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
        return server.Output;
    }

    public async Task<ServerProcess> Start(string path, params string[] settings)
    {
        ServerProcess server = Launch(path, settings);
        Assert.True(await server.BecomesReady(), server.Output);
        return server;
    }

    /// <param name="path">Below `/v1/`.</param>
    public async Task<JsonNode> Get(ServerProcess server, string path) =>
        (await Http.GetFromJsonAsync<JsonNode>(new Uri(server.Address, "/v1/" + path)))!;

    /// <summary>Without the quotes around values.</summary>
    public static string Log(ServerProcess server) => server.Output.Replace("\\\"", "", StringComparison.Ordinal);

    private ServerProcess Launch(string path, params string[] settings) => ServerProcess.Run(
        _directory.Path, [], ["--urls", "http://127.0.0.1:0", "--Bootstrap", path, .. settings]);
}
