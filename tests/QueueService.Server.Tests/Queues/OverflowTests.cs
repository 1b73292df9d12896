using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class OverflowTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_full_queue_says_so_and_when_to_try_again()
    {
        string queue = await _api.NewQueue("""{"maxMessages":1,"overflow":"reject"}""");
        Assert.Equal(201, (await _api.Post($"{queue}/messages", "a")).Status);
        Answer refused = await _api.Post($"{queue}/messages", "b");
        Assert.Equal((429, "queue-full"), (refused.Status, refused.Code));
        Assert.True((bool)refused.Json["retriable"]!);
        Assert.Equal(429, (await _api.Post($"{queue}/messages/batch", """{"messages":[{"body":"b"}]}""")).Status);
        await _api.Post($"{queue}/receive?ack=auto");
        Assert.Equal(201, (await _api.Post($"{queue}/messages", "b")).Status);
    }

    [Fact]
    public async Task A_partial_batch_stores_what_fits()
    {
        string queue = await _api.NewQueue("""{"maxMessages":1}""");
        Answer answer = await _api.Post(
            $"{queue}/messages/batch?partial=true", """{"messages":[{"body":"a"},{"body":"b"}]}""");
        Assert.Equal(207, answer.Status);
        Assert.Equal(201, (int)answer.Json["results"]![0]!["status"]!);
        Assert.Equal(429, (int)answer.Json["results"]![1]!["status"]!);
        Assert.Equal("queue-full", (string)answer.Json["results"]![1]!["problem"]!["code"]!);
    }

    [Fact]
    public async Task The_oldest_message_makes_room_and_is_counted()
    {
        string queue = await _api.NewQueue("""{"maxBytes":300,"overflow":"dropOldest"}""");
        for (int i = 0; i < 5; i++)
            Assert.Equal(201, (await _api.Post($"{queue}/messages", $"{i}" + new string('x', 99))).Status);
        Answer described = await _api.Get(queue);
        Assert.Equal(300, (int)described.Json["maxBytes"]!);
        Assert.Null(described.Json["maxMessages"]);
        Assert.Equal("dropOldest", (string)described.Json["overflow"]!);
        Assert.Equal(3, (int)described.Json["stats"]!["droppedTotal"]!);
        Assert.InRange((int)described.Json["stats"]!["bytes"]!, 200, 300);
        Assert.StartsWith("3", (string)(await _api.ReceiveOne(queue))["body"]!, StringComparison.Ordinal);
        (await _api.Post($"{queue}/messages", new string('x', 301))).ShouldBlame(413, "message-too-large");
    }

    [Fact]
    public async Task A_limit_is_taken_away_by_null()
    {
        string queue = await _api.NewQueue("""{"maxMessages":1,"maxBytes":5}""");
        Answer patched = await _api.Patch(queue, """{"maxMessages":null}""");
        Assert.Null(patched.Json["maxMessages"]);
        Assert.Equal(5, (int)patched.Json["maxBytes"]!);
        Assert.Null((await _api.Put(queue)).Json["maxBytes"]);
    }

    [Theory]
    [InlineData("""{"maxMessages":0}""", "/maxMessages")]
    [InlineData("""{"maxMessages":1000000000001}""", "/maxMessages")]
    [InlineData("""{"maxBytes":-1}""", "/maxBytes")]
    [InlineData("""{"maxBytes":1125899906842625}""", "/maxBytes")]
    [InlineData("""{"overflow":"dropNewest"}""", "/overflow")]
    public async Task A_limit_outside_its_range_is_refused(string json, string field) =>
        (await _api.Put("/v1/queues/never", json)).ShouldBlame(400, "invalid-request", field);

    [Fact]
    public async Task An_attribute_has_a_largest_value()
    {
        string queue = await _api.NewQueue();
        string fits = """{"messages":[{"body":"a","attributes":{"a":"VALUE"}}]}""".Replace(
            "VALUE", new string('v', 32_768), StringComparison.Ordinal);
        Assert.Equal(201, (await _api.Post($"{queue}/messages/batch", fits)).Status);
        string large = fits.Replace("\"vv", "\"vvv", StringComparison.Ordinal);
        (await _api.Post($"{queue}/messages/batch", large))
            .ShouldBlame(400, "invalid-request", "/messages/0/attributes/a");
    }
}
