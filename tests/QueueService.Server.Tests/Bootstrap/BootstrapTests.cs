using System.Net.Http.Json;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Faults;

namespace QueueService.Server.Tests.Bootstrap;

/// <summary>The program with a declaration of what is to exist.</summary>
[Collection(ProcessTests.Name)]
public sealed class BootstrapTests : IDisposable
{
    private const string Jobs = """
        {"queues":{
          "jobs":{"visibilityTimeoutSeconds":60,"redrivePolicy":{"deadLetterQueue":"dead"},"tags":{"team":"a"}},
          "dead":{"retentionSeconds":1209600}
        }}
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ScratchDirectory _directory = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Declared_queues_exist_when_the_server_is_ready_and_the_log_says_what_was_done()
    {
        string file = await Write("queues.json", Jobs);
        await using (ServerProcess server = await Start(file))
        {
            Assert.Equal(60, (int)(await Queue(server, "jobs"))["visibilityTimeoutSeconds"]!);
            Assert.True(
                Log(server).IndexOf("create queue dead", StringComparison.Ordinal)
                < Log(server).IndexOf("create queue jobs", StringComparison.Ordinal), Log(server));
            await _http.PutAsync(new Uri(server.Address, "/v1/queues/other"), null);
        }

        await Write("queues.json", Jobs.Replace(":60", ":90", StringComparison.Ordinal));
        await using ServerProcess again = await Start(file);
        Assert.Equal(90, (int)(await Queue(again, "jobs"))["visibilityTimeoutSeconds"]!);
        Assert.Equal("a", (string)(await Queue(again, "jobs"))["tags"]!["team"]!);
        Assert.NotNull((await Queue(again, "other"))["name"]);
        Assert.Contains("change queue jobs: visibilityTimeoutSeconds\"", Log(again), StringComparison.Ordinal);
        Assert.Contains("queue dead is unchanged", Log(again), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_files_of_a_directory_are_read_and_may_refer_to_each_other()
    {
        await Write("more/b.json", """{"queues":{"b":{"redrivePolicy":{"deadLetterQueue":"a"}}}}""");
        await Write("more/a.json", """{"queues":{"a":{}}}""");
        await Write("more/notes.txt", "not JSON");
        await using ServerProcess server = await Start(Path.Combine(_directory.Path, "more"));
        Assert.Equal("a", (string)(await Queue(server, "b"))["redrivePolicy"]!["deadLetterQueue"]!);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_named_with_its_file_and_place_and_nothing_is_applied()
    {
        await Write(
            "all/a.json", """{"queues":{"a":{"delaySeconds":-1,"colour":"red"},"b/c":{},"ok":{}},"topics":{}}""");
        await Write("all/b.json", """{"queues":{"ok":{"durability":"raid"}}}""");
        await Write("all/c.json", """{"queues":""");
        string output = await Refused(Path.Combine(_directory.Path, "all"));
        Assert.All(
            (string[])
            [
                "a.json /queues/a/delaySeconds: must be an integer from 0",
                "a.json /queues/a/colour: is not a known field",
                "a.json /queues/b~1c: must have a name", "a.json /topics: is not a known field",
                "b.json /queues/ok/durability: must be one of", "b.json /queues/ok: is declared twice, first in",
                "c.json: The JSON is malformed at line 1",
            ],
            line => Assert.Contains(line, output, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_directory.Data));
    }

    [Fact]
    public async Task What_contradicts_the_existing_queues_or_each_other_stops_the_start()
    {
        await using (ServerProcess server = await Start(await Write("first.json", """{"queues":{"kept":{}}}""")))
            Assert.False(server.HasExited);
        string output = await Refused(await Write("second.json", """
            {"queues":{
              "new":{},
              "kept":{"durability":"os"},
              "a":{"redrivePolicy":{"deadLetterQueue":"b"}},
              "b":{"redrivePolicy":{"deadLetterQueue":"a"}},
              "into":{"redrivePolicy":{"deadLetterQueue":"a"}},
              "lost":{"redrivePolicy":{"deadLetterQueue":"nowhere"}},
              "private":{"redriveAllowPolicy":{"permission":"denyAll"}},
              "refused":{"redrivePolicy":{"deadLetterQueue":"private"}}
            }}
            """));
        const string target = "/redrivePolicy/deadLetterQueue: ";
        Assert.All(
            (string[])
            [
                "/queues/kept/durability: is fsync and cannot change",
                "/queues/a" + target + "The dead-letter queue leads back", "/queues/b" + target,
                "/queues/lost" + target + "The dead-letter queue does not exist",
                "/queues/refused" + target + "The dead-letter queue does not allow",
            ],
            line => Assert.Contains(line, output, StringComparison.Ordinal));
        await using ServerProcess again = await Start(Path.Combine(_directory.Path, "first.json"));
        using HttpResponseMessage missing = await _http.GetAsync(new Uri(again.Address, "/v1/queues/new"));
        Assert.Equal(404, (int)missing.StatusCode);
    }

    [Theory]
    [InlineData("missing.json", "missing.json")]
    [InlineData(".", "holds no *.json file")]
    public async Task A_path_without_a_declaration_stops_the_start(string path, string message) =>
        Assert.Contains(
            message, await Refused(Path.Combine(_directory.Path, path)), StringComparison.Ordinal);

    private async Task<string> Write(string name, string json)
    {
        string path = Path.Combine(_directory.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, json);
        return path;
    }

    private async Task<string> Refused(string path)
    {
        await using ServerProcess server = Launch(path);
        Assert.Equal(2, await server.Exit(Limit));
        Assert.Contains("Cannot start: The bootstrap is refused", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
        return server.Output;
    }

    private async Task<ServerProcess> Start(string path)
    {
        ServerProcess server = Launch(path);
        Assert.True(await server.BecomesReady(), server.Output);
        return server;
    }

    private ServerProcess Launch(string path) =>
        ServerProcess.Run(_directory.Path, [], "--urls", "http://127.0.0.1:0", "--Bootstrap", path);

    private async Task<JsonNode> Queue(ServerProcess server, string name) =>
        (await _http.GetFromJsonAsync<JsonNode>(new Uri(server.Address, "/v1/queues/" + name)))!;

    /// <summary>Without the quotes around values.</summary>
    private static string Log(ServerProcess server) => server.Output.Replace("\\\"", "", StringComparison.Ordinal);
}
