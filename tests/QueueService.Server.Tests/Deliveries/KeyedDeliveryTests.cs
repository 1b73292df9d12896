using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Deliveries;

/// <summary>What is asked of webhooks with an Idempotency-Key is done once.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class KeyedDeliveryTests(DeliveryServer server)
{
    private const string Replayed = "Idempotent-Replayed";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_rotation_with_the_same_key_shows_the_same_secret_and_adds_none()
    {
        string topic = await _api.NewTopic();
        string path = await _api.Subscribe(topic, "a", Ask.Webhook("http://hook.example.invalid/"));
        string key = Key();
        Answer first = await _api.Post(path + "/secrets", """{"overlapSeconds":60}""", key);
        Assert.False(first.Headers.ContainsKey(Replayed));
        Answer second = await _api.Post(path + "/secrets", """{"overlapSeconds":60}""", key);
        ShouldReplay(first, second);
        Assert.Equal(first.Headers["ETag"], second.Headers["ETag"]);
        Assert.Equal(2, (await _api.Get(path)).Json["target"]!["secrets"]!.AsArray().Count);
        (await _api.Post(path + "/secrets", """{"overlapSeconds":61}""", key)).ShouldBlame(
            422, "idempotency-key-reused");

        Assert.Equal(200, (await _api.Post(path + "/secrets", """{"overlapSeconds":0}""")).Status);
        ShouldReplay(first, await _api.Post(path + "/secrets", """{"overlapSeconds":60}""", key));
        Assert.Single((await _api.Get(path)).Json["target"]!["secrets"]!.AsArray());
        await _api.Delete(path);
        ShouldReplay(first, await _api.Post(path + "/secrets", """{"overlapSeconds":60}""", key));
    }

    [Fact]
    public async Task A_secret_that_is_given_can_be_given_again_with_the_same_key()
    {
        const string Given = """{"secret":"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}""";
        string path = await _api.Subscribe(
            await _api.NewTopic(), "a", Ask.Webhook("http://hook.example.invalid/"));
        string key = Key();
        Answer first = await _api.Post(path + "/secrets", Given, key);
        ShouldReplay(first, await _api.Post(path + "/secrets", Given, key));
        (await _api.Post(path + "/secrets", Given, Key())).ShouldBlame(400, "invalid-request", "/secret");
    }

    [Fact]
    public async Task A_test_with_the_same_key_is_made_once()
    {
        await using ScriptedReceiver receiver = new();
        string path = await _api.Subscribe(await _api.NewTopic(), "a", Ask.Webhook(receiver.Url));
        string key = Key();
        Answer first = await _api.Post(path + "/test", """{"body":"1"}""", key);
        Assert.Equal("1", (await receiver.Next()).Text);
        ShouldReplay(first, await _api.Post(path + "/test", """{"body":"1"}""", key));
        (await _api.Post(path + "/test", """{"body":"2"}""", key)).ShouldBlame(422, "idempotency-key-reused");
        Assert.Equal(0, receiver.Waiting);
        Assert.Equal(200, (await _api.Post(path + "/test", """{"body":"1"}""", Key())).Status);
        Assert.Equal("1", (await receiver.Next()).Text);
    }

    [Fact]
    public async Task A_retry_of_a_delivery_with_the_same_key_is_made_once_and_answers_the_delivery_as_it_is()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Status(400));
        (string topic, string path) = await NewWebhook(receiver.Url, ""","maxAttempts":1""");
        await _api.Publish(topic, "1");
        string retry = $"/v1/deliveries/{Assert.Single(await _api.Until(path, "failed", 1))["id"]}/retry";
        receiver.Script = static _ => ScriptedReceiver.Ok();
        string key = Key();
        Answer first = await _api.Post(retry, "", key);
        Assert.Equal((202, "pending"), (first.Status, (string)first.Json["status"]!));
        await _api.Until(path, "succeeded", 1);
        Answer second = await _api.Post(retry, "", key);
        Assert.Equal(
            (202, "true", "succeeded", "fsync"),
            (second.Status, second.Headers[Replayed], (string)second.Json["status"]!,
                second.Headers["Message-Durability"]));
        await receiver.Next(2);
        Assert.Equal(0, receiver.Waiting);
    }

    [Fact]
    public async Task A_retry_by_filter_with_the_same_key_retries_nothing_that_failed_later()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Status(400));
        (string topic, string path) = await NewWebhook(receiver.Url, ""","maxAttempts":1""");
        await _api.Publish(topic, "1", "2");
        await _api.Until(path, "failed", 2);
        await receiver.Next(2);
        string key = Key();
        Answer first = await _api.Post(path + "/retry", "{}", key);
        Assert.Equal(2, (int)first.Json["deliveries"]!);
        await receiver.Next(2);
        await _api.Until(path, "failed", 2);
        ShouldReplay(first, await _api.Post(path + "/retry", "{}", key));
        (await _api.Post(path + "/retry", """{"status":"pending"}""", key)).ShouldBlame(422, "idempotency-key-reused");
        Assert.Equal(0, receiver.Waiting);
        await _api.Delete(path);
        ShouldReplay(first, await _api.Post(path + "/retry", "{}", key));
    }

    [Fact]
    public async Task A_retry_that_found_nothing_finds_nothing_with_the_same_key()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Status(400));
        (string topic, string path) = await NewWebhook(receiver.Url, ""","maxAttempts":1""");
        string key = Key();
        Answer first = await _api.Post(path + "/retry", "{}", key);
        Assert.Equal(0, (int)first.Json["deliveries"]!);
        await _api.Publish(topic, "1");
        await _api.Until(path, "failed", 1);
        ShouldReplay(first, await _api.Post(path + "/retry", "{}", key));
    }

    [Fact]
    public async Task A_replay_with_the_same_key_delivers_again_once()
    {
        await using ScriptedReceiver receiver = new();
        (string topic, string path) = await NewWebhook(receiver.Url);
        await _api.Publish(topic, "1", "2");
        await _api.Until(path, "succeeded", 2);
        await receiver.Next(2);
        const string Everything = """{"since":"2020-01-01T00:00:00Z"}""";
        string key = Key();
        Answer first = await _api.Post(path + "/replay", Everything, key);
        Assert.Equal("""{"deliveries":2,"examined":2}""", first.Text);
        await receiver.Next(2);
        await _api.Until(path, "succeeded", 2);
        ShouldReplay(first, await _api.Post(path + "/replay", Everything, key));
        (await _api.Post(path + "/replay", """{"since":"2021-01-01T00:00:00Z"}""", key))
            .ShouldBlame(422, "idempotency-key-reused");
        Assert.Equal(0, receiver.Waiting);
        await _api.Delete(topic);
        ShouldReplay(first, await _api.Post(path + "/replay", Everything, key));
    }

    private static void ShouldReplay(Answer first, Answer second)
    {
        Assert.Equal((first.Status, first.Text), (second.Status, second.Text));
        Assert.Equal("true", second.Headers[Replayed]);
        Assert.Equal(
            first.Headers.GetValueOrDefault("Message-Durability"), second.Headers.GetValueOrDefault(
                "Message-Durability"));
    }

    private static string Key() => $"Idempotency-Key: {Guid.NewGuid()}";

    private async Task<(string Topic, string Subscription)> NewWebhook(string url, string more = "")
    {
        string topic = await _api.NewTopic();
        return (topic, await _api.Subscribe(topic, "a", Ask.Webhook(url, more)));
    }
}
