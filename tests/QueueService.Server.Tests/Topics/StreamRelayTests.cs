using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics;

[Collection(ServerCollection.Name)]
public sealed class StreamRelayTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task What_is_published_is_copied_to_a_stream_with_its_group_as_the_key()
    {
        string stream = Guid.CreateVersion7().ToString("N");
        Assert.Equal(201, (await _api.Put("/v1/streams/" + stream, """{"partitions":4}""")).Status);
        string topic = await _api.NewTopic();
        string subscription =
            await _api.Subscribe(topic, "copy", $$$"""{"target":{"type":"stream","stream":"{{{stream}}}"}}""");
        Assert.Equal(stream, (string)(await _api.Get(subscription)).Json["target"]!["stream"]!);
        Task<Answer> waiting = _api.Get($"/v1/streams/{stream}/partitions/2/records?wait=60s");
        await _api.Post(topic + "/messages", "hello", "Message-Group-Id: foobar", "Message-Attribute-Tenant: acme");
        JsonNode record = (await waiting).Json["records"]![0]!;
        Assert.Equal(
            ("foobar", "hello", "acme"),
            ((string)record["key"]!, (string)record["body"]!, (string)record["headers"]!["tenant"]!));
        (await _api.Post(subscription + "/receive")).ShouldBeProblem(409, "not-a-pull-subscription");
    }

    [Fact]
    public async Task A_stream_that_is_not_there_is_refused()
    {
        string topic = await _api.NewTopic();
        (await _api.Put(topic + "/subscriptions/copy", """{"target":{"type":"stream","stream":"absent"}}"""))
            .ShouldBeProblem(422, "target-stream-not-found");
        (await _api.Put(topic + "/subscriptions/copy", """{"target":{"type":"stream"}}"""))
            .ShouldBlame(400, "invalid-request", "/target/stream");
    }
}
