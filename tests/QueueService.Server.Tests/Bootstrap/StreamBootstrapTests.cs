using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Faults;

namespace QueueService.Server.Tests.Bootstrap;

/// <summary>Streams and queue views among what is declared.</summary>
[Collection(ProcessTests.Name)]
public sealed class StreamBootstrapTests : IDisposable
{
    private const string Media = """
        {"streams":{
          "clicks":{"partitions":4,"retentionSeconds":86400,"queueViews":{
            "thumbnails":{"from":"earliest","redrivePolicy":{"deadLetterQueue":"dead"}},
            "plain":null
          }},
          "copies":{}
        },
        "topics":{"visits":{"subscriptions":{"copy":{"target":{"type":"stream","stream":"copies"}}}}},
        "queues":{"dead":{}}}
        """;

    private readonly BootstrapFixture _bootstrap = new();

    public void Dispose() => _bootstrap.Dispose();

    [Fact]
    public async Task Declared_streams_and_queue_views_exist_when_the_server_is_ready_and_work()
    {
        string file = await _bootstrap.Write("media.json", Media);
        await using (ServerProcess server = await _bootstrap.Start(file))
        {
            Assert.Equal(4, (int)(await _bootstrap.Get(server, "streams/clicks"))["partitions"]!);
            JsonNode views = await _bootstrap.Get(server, "streams/clicks/queue-views");
            Assert.Equal(
                ["plain", "thumbnails"], views["items"]!.AsArray().Select(static one => (string)one!["name"]!));
            string log = BootstrapFixture.Log(server);
            Assert.Contains("create stream clicks", log, StringComparison.Ordinal);
            Assert.Contains("create queue view clicks/thumbnails", log, StringComparison.Ordinal);
            using StringContent record = new("cat.png", Encoding.UTF8);
            await _bootstrap.Http.PostAsync(new Uri(server.Address, "/v1/streams/clicks/records"), record);
            using HttpResponseMessage received = await _bootstrap.Http.PostAsync(
                new Uri(server.Address, "/v1/streams/clicks/queue-views/thumbnails/receive?wait=10s"), null);
            JsonNode answer = JsonNode.Parse(await received.Content.ReadAsStringAsync())!;
            Assert.Equal("cat.png", (string)answer["messages"]![0]!["body"]!);
        }

        await using ServerProcess again = await _bootstrap.Start(file);
        string unchanged = BootstrapFixture.Log(again);
        Assert.DoesNotContain("Bootstrap: create", unchanged, StringComparison.Ordinal);
        Assert.DoesNotContain("Bootstrap: change", unchanged, StringComparison.Ordinal);
        Assert.Contains("queue view clicks/thumbnails is unchanged", unchanged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_is_named_with_its_place()
    {
        string file = await _bootstrap.Write("wrong.json", """
            {"streams":{
              "clicks":{"partitions":0,"queueViews":{"a b":{},"thumbnails":{"ordering":"group"}}},
              "uploads":{"nosuch":1,"queueViews":7}
            }}
            """);
        string output = await _bootstrap.Refused(file);
        foreach (string place in (string[])
            [
                "/streams/clicks/partitions", "/streams/clicks/queueViews/a b",
                "/streams/clicks/queueViews/thumbnails/ordering",
                "/streams/uploads/nosuch", "/streams/uploads/queueViews",
            ])
            Assert.Contains(place, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_change_is_refused_before_anything_is_applied()
    {
        await using (await _bootstrap.Start(await _bootstrap.Write("media.json", Media)))
        {
        }

        string other = Media.Replace("\"partitions\":4", "\"partitions\":2", StringComparison.Ordinal)
            .Replace("\"from\":\"earliest\"", "\"from\":\"latest\"", StringComparison.Ordinal);
        string output = await _bootstrap.Refused(await _bootstrap.Write("media.json", other));
        Assert.Contains("/streams/clicks/partitions", output, StringComparison.Ordinal);
        Assert.Contains("/streams/clicks/queueViews/thumbnails/from", output, StringComparison.Ordinal);
    }
}
