using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class IdempotencyKeyTests(RunningServer server)
{
    private const string Replayed = "Idempotent-Replayed";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task The_same_key_sends_once_and_answers_the_same()
    {
        string queue = await _api.NewQueue();
        string key = Key();
        Answer first = await _api.Post($"{queue}/messages", "hello", key);
        Answer second = await _api.Post($"{queue}/messages", "hello", key.Replace(": ", ": \"") + "\"");
        Assert.Equal((201, 201), (first.Status, second.Status));
        Assert.Equal(first.Text, second.Text);
        Assert.False(first.Headers.ContainsKey(Replayed));
        Assert.Equal("true", second.Headers[Replayed]);
        Assert.Equal(1, (int)(await _api.Get(queue)).Json["stats"]!["available"]!);

        (await _api.Post($"{queue}/messages", "other", key)).ShouldBlame(422, "idempotency-key-reused");
        (await _api.Post($"{queue}/messages?delay=5s", "hello", key)).ShouldBlame(422, "idempotency-key-reused");
        (await _api.Post($"{await _api.NewQueue()}/messages", "hello", key)).ShouldBlame(422, "idempotency-key-reused");
        (await _api.Post($"{queue}/messages", "hello", "Idempotency-Key: ")).ShouldBlame(
            400, "invalid-request", "Idempotency-Key");
    }

    [Fact]
    public async Task A_repeated_request_may_have_a_trace_of_its_own()
    {
        string queue = await _api.NewQueue();
        string key = Key();
        const string Trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-";
        Answer[] answers =
        [
            await _api.Post($"{queue}/messages", "hello", key, Trace + "b7ad6b7169203331-01", "Message-Attribute-A: 1"),
            await _api.Post($"{queue}/messages", "hello", key, Trace + "00f067aa0ba902b7-01", "Message-Attribute-A: 1"),
        ];
        Assert.All(answers, answer => Assert.Equal((201, answers[0].Text), (answer.Status, answer.Text)));
        (await _api.Post($"{queue}/messages", "hello", key, "Message-Attribute-A: 2"))
            .ShouldBlame(422, "idempotency-key-reused");
    }

    [Fact]
    public async Task A_stream_of_calls_refuses_the_key_and_says_what_to_use_instead()
    {
        const string Lines = "Content-Type: application/x-ndjson";
        string queue = await _api.NewQueue();
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        foreach ((string path, string instead) in new[]
        {
            ($"{queue}/messages/stream", "deduplicationId"), ($"{topic}/messages/stream", "deduplicationId"),
            ($"{queue}/consume", "receipt"), ($"{subscription}/consume", "receipt"),
        })
        {
            Answer refused = await _api.Post(path, "", Key(), Lines);
            refused.ShouldBlame(400, "invalid-request", "Idempotency-Key");
            Assert.Contains(instead, (string)refused.Json["errors"]!["Idempotency-Key"]!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_post_knows_the_key()
    {
        string dead = await _api.NewQueue();
        string queue = await _api.NewQueue(
            $$"""{"redrivePolicy":{"deadLetterQueue":"{{dead[(dead.LastIndexOf('/') + 1)..]}}"} }""");
        string batch = """{"messages":[{"body":"1"},{"body":"2"},{"body":"3"},{"body":"4"}]}""";
        await Twice(() => $"{queue}/messages/batch", batch);
        Answer received = await _api.Post($"{queue}/receive?max=4");
        string[] handles = [.. received.Json["messages"]!.AsArray().Select(static m => (string)m!["receiptHandle"]!)];
        await Twice(() => $"{queue}/acknowledge", $$"""{"receiptHandles":["{{handles[0]}}"]}""");
        await Twice(
            () => $"{queue}/extend", $$"""{"receiptHandles":["{{handles[1]}}"],"visibilityTimeoutSeconds":60}""");
        await Twice(() => $"{queue}/release", $$"""{"receiptHandles":["{{handles[1]}}"],"delaySeconds":60}""");
        await Twice(() => $"{queue}/receipts/{handles[2]}/release", """{"delaySeconds":60}""");
        await Twice(() => $"{queue}/receipts/{handles[3]}/dead-letter", """{"reason":"x"}""");
        await Twice(() => $"{queue}/pause", "");
        await Twice(() => $"{queue}/resume", "");
        await Twice(() => $"{queue}/purge", "");
        Assert.Equal(1, (int)(await _api.Get(dead)).Json["stats"]!["available"]!);
    }

    [Fact]
    public async Task A_receive_with_a_key_gets_the_messages_again_that_it_still_leases()
    {
        string queue = await _api.NewQueue();
        await _api.Post($"{queue}/messages", "one");
        string key = Key();
        JsonNode first = (await _api.Post($"{queue}/receive", "", key)).Json["messages"]![0]!;
        JsonNode second = (await _api.Post($"{queue}/receive", "", key)).Json["messages"]![0]!;
        Assert.Equal((string)first["receiptHandle"]!, (string)second["receiptHandle"]!);
        (await _api.Post($"{queue}/receive?ack=auto", "", key)).ShouldBlame(400, "invalid-request", "Idempotency-Key");
    }

    [Fact]
    public async Task The_first_outcome_is_answered_again_also_when_the_queue_is_gone()
    {
        string queue = await _api.NewQueue();
        string sending = Key();
        string settling = Key();
        Answer sent = await _api.Post($"{queue}/messages", "hello", sending);
        string handle = (string)(await _api.ReceiveOne(queue))["receiptHandle"]!;
        string acknowledge = $$"""{"receiptHandles":["{{handle}}"]}""";
        Answer settled = await _api.Post($"{queue}/acknowledge", acknowledge, settling);
        Assert.Equal(204, (await _api.Delete(queue)).Status);
        Answer[] again =
        [
            await _api.Post($"{queue}/messages", "hello", sending),
            await _api.Post($"{queue}/acknowledge", acknowledge, settling),
        ];
        Assert.Equal([sent.Text, settled.Text], again.Select(static answer => answer.Text));
        Assert.All(again, static answer => Assert.Equal("true", answer.Headers[Replayed]));
        (await _api.Post($"{queue}/messages", "hello", Key())).ShouldBlame(404, "queue-not-found");
    }

    private async Task Twice(Func<string> path, string body)
    {
        string key = Key();
        Answer first = await _api.Post(path(), body, key);
        Assert.InRange(first.Status, 200, 204);
        Answer second = await _api.Post(path(), body, key);
        Assert.Equal((first.Status, first.Text), (second.Status, second.Text));
        Assert.Equal("true", second.Headers[Replayed]);
    }

    private static string Key() => $"Idempotency-Key: {Guid.NewGuid()}";
}
