using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class KeyedRequestTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_request_with_the_same_key_is_sent_once_and_answered_the_same()
    {
        string queue = await _api.NewQueue();
        string key = Key();
        Task<Answer> call = _api.Post($"{queue}/request?wait=20s", "2 + 2", key);
        JsonNode request = await _api.ReceiveOne(queue);
        (await _api.Post($"{queue}/request?wait=20s", "2 + 2", key)).ShouldBlame(409, "idempotency-key-in-use");
        await Reply(request, "4");
        Answer first = await call;
        Assert.Equal((200, "4"), (first.Status, first.Text));
        Assert.False(first.Headers.ContainsKey("Idempotent-Replayed"));

        Answer second = await _api.Post($"{queue}/request?wait=1s", "2 + 2", key);
        Assert.Equal((200, "4", "true"), (second.Status, second.Text, second.Headers["Idempotent-Replayed"]));
        foreach (string header in new[]
        {
            "Message-Id", "Message-Sent-At", "Message-Correlation-Id", "Message-Attribute-exact", "Content-Type",
        })
            Assert.Equal(first.Headers[header], second.Headers[header]);
        (await _api.Post($"{queue}/request?wait=1s", "2 + 3", key)).ShouldBlame(422, "idempotency-key-reused");
        Assert.Equal(1, (int)(await _api.Get(queue)).Json["stats"]!["sentTotal"]!);
    }

    [Fact]
    public async Task A_request_that_was_not_answered_in_time_waits_on_with_the_same_key()
    {
        string queue = await _api.NewQueue();
        string key = Key();
        (await _api.Post($"{queue}/request?wait=1ms&ttl=1h", "2 + 2", key)).ShouldBlame(504, "reply-timeout");
        Task<Answer> again = _api.Post($"{queue}/request?wait=20s&ttl=1h", "2 + 2", key);
        JsonNode request = await _api.ReceiveOne(queue);
        while ((await _api.Post($"{queue}/request?wait=1ms&ttl=1h", "2 + 2", key)).Code != "idempotency-key-in-use")
            Assert.False(again.IsCompleted);
        await Reply(request, "4");
        Answer answer = await again;
        Assert.Equal((200, "4", "true"), (answer.Status, answer.Text, answer.Headers["Idempotent-Replayed"]));
        Assert.Equal(1, (int)(await _api.Get(queue)).Json["stats"]!["sentTotal"]!);
    }

    private static string Key() => $"Idempotency-Key: {Guid.NewGuid()}";

    private async Task Reply(JsonNode request, string body) => Assert.Equal(
        201,
        (await _api.Post(
            $"/v1/queues/{request["replyTo"]}/messages", body,
            $"Message-Correlation-Id: {request["correlationId"]}", "Message-Attribute-Exact: yes")).Status);
}
