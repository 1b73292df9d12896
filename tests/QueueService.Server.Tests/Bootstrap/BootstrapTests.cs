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

    private readonly BootstrapFixture _bootstrap = new();

    public void Dispose() => _bootstrap.Dispose();

    [Fact]
    public async Task Declared_queues_exist_when_the_server_is_ready_and_the_log_says_what_was_done()
    {
        string file = await _bootstrap.Write("queues.json", Jobs);
        await using (ServerProcess server = await _bootstrap.Start(file))
        {
            Assert.Equal(60, (int)(await Queue(server, "jobs"))["visibilityTimeoutSeconds"]!);
            Assert.True(
                BootstrapFixture.Log(server).IndexOf("create queue dead", StringComparison.Ordinal)
                < BootstrapFixture.Log(server)
                    .IndexOf("create queue jobs", StringComparison.Ordinal), BootstrapFixture.Log(server));
            await _bootstrap.Http.PutAsync(new Uri(server.Address, "/v1/queues/other"), null);
        }

        await _bootstrap.Write("queues.json", Jobs.Replace(":60", ":90", StringComparison.Ordinal));
        await using ServerProcess again = await _bootstrap.Start(file);
        Assert.Equal(90, (int)(await Queue(again, "jobs"))["visibilityTimeoutSeconds"]!);
        Assert.Equal("a", (string)(await Queue(again, "jobs"))["tags"]!["team"]!);
        Assert.NotNull((await Queue(again, "other"))["name"]);
        Assert.Contains(
            "change queue jobs: visibilityTimeoutSeconds\"", BootstrapFixture.Log(again), StringComparison.Ordinal);
        Assert.Contains("queue dead is unchanged", BootstrapFixture.Log(again), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_files_of_a_directory_are_read_and_may_refer_to_each_other()
    {
        await _bootstrap.Write("more/b.json", """{"queues":{"b":{"redrivePolicy":{"deadLetterQueue":"a"}}}}""");
        await _bootstrap.Write("more/a.json", """{"queues":{"a":{}}}""");
        await _bootstrap.Write("more/notes.txt", "not JSON");
        await using ServerProcess server = await _bootstrap.Start(_bootstrap.PathOf("more"));
        Assert.Equal("a", (string)(await Queue(server, "b"))["redrivePolicy"]!["deadLetterQueue"]!);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_named_with_its_file_and_place_and_nothing_is_applied()
    {
        await _bootstrap.Write(
            "all/a.json", """{"queues":{"a":{"delaySeconds":-1,"colour":"red"},"b/c":{},"ok":{}},"stream":{}}""");
        await _bootstrap.Write("all/b.json", """{"queues":{"ok":{"durability":"raid"}}}""");
        await _bootstrap.Write("all/c.json", """{"queues":""");
        string output = await _bootstrap.Refused(_bootstrap.PathOf("all"));
        Assert.All(
            (string[])
            [
                "a.json /queues/a/delaySeconds: must be an integer from 0",
                "a.json /queues/a/colour: is not a known field",
                "a.json /queues/b~1c: must have a name", "a.json /stream: is not a known field",
                "b.json /queues/ok/durability: must be one of", "b.json /queues/ok: is declared twice, first in",
                "c.json: The JSON is malformed at line 1",
            ],
            line => Assert.Contains(line, output, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_bootstrap.Data));
    }

    [Fact]
    public async Task What_contradicts_the_existing_queues_or_each_other_stops_the_start()
    {
        await using (
            ServerProcess server =
                await _bootstrap.Start(await _bootstrap.Write("first.json", """{"queues":{"kept":{}}}""")))
            Assert.False(server.HasExited);
        string output = await _bootstrap.Refused(await _bootstrap.Write("second.json", """
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
        await using ServerProcess again = await _bootstrap.Start(_bootstrap.PathOf("first.json"));
        using HttpResponseMessage missing = await _bootstrap.Http.GetAsync(new Uri(again.Address, "/v1/queues/new"));
        Assert.Equal(404, (int)missing.StatusCode);
    }

    [Theory]
    [InlineData("missing.json", "missing.json")]
    [InlineData(".", "holds no *.json file")]
    public async Task A_path_without_a_declaration_stops_the_start(string path, string message) =>
        Assert.Contains(
            message, await _bootstrap.Refused(_bootstrap.PathOf(path)), StringComparison.Ordinal);

    private Task<JsonNode> Queue(ServerProcess server, string name) => _bootstrap.Get(server, "queues/" + name);
}
