using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Deliveries;

/// <summary>Retries by filter, replays, and the end of a subscription whose receiver has gone.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class RedeliveryTests(DeliveryServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task What_failed_is_attempted_again_by_one_request()
    {
        await using ScriptedReceiver receiver = new(static request =>
            request.Text.StartsWith("bad", StringComparison.Ordinal)
                ? ScriptedReceiver.Status(400) : ScriptedReceiver.Ok());
        (string topic, string path) = await NewWebhook(receiver.Url, ""","maxAttempts":1""");
        await _api.Publish(topic, "good", "bad 1", "bad 2");
        await _api.Until(path, "failed", 2);
        await _api.Until(path, "succeeded", 1);
        await receiver.Next(3);
        Assert.Equal(
            0, (int)(await _api.Post(path + "/retry", """{"until":"2020-01-01T00:00:00Z"}""")).Json["deliveries"]!);
        receiver.Script = static _ => ScriptedReceiver.Ok();
        Answer retried = await _api.Post(path + "/retry", """{"status":"failed","since":"2020-01-01T00:00:00Z"}""");
        Assert.Equal((202, 2), (retried.Status, (int)retried.Json["deliveries"]!));
        Assert.Equal(["bad 1", "bad 2"], (await receiver.Next(2)).Select(static request => request.Text).Order());
        await _api.Until(path, "succeeded", 3);
    }

    [Fact]
    public async Task What_waits_is_attempted_now_by_one_request()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Status(400));
        (string topic, string path) = await NewWebhook(
            receiver.Url, "", ""","retryPolicy":{"kind":"fixed","minSeconds":3600}""");
        await _api.Publish(topic, "1", "2");
        await _api.Until(path, "pending", 2);
        await _api.UntilAttempted(path, 1);
        receiver.Script = static _ => ScriptedReceiver.Ok();
        Assert.Equal(2, (int)(await _api.Post(path + "/retry", """{"status":"pending"}""")).Json["deliveries"]!);
        await _api.Until(path, "succeeded", 2);
    }

    [Fact]
    public async Task A_replay_delivers_what_was_published_since_a_time_and_matches_the_filter()
    {
        await using ScriptedReceiver receiver = new();
        string topic = await _api.NewTopic();
        foreach ((string body, string key) in new[] { ("1", "yes"), ("2", "no"), ("3", "yes") })
            await _api.Post($"{topic}/messages?groupId={body}", body, "Message-Routing-Key: " + key);
        string path = await _api.Subscribe(topic, "a", Ask.Webhook(
            receiver.Url, "", ""","filter":{"routingKey":"yes"}"""));
        await _api.Post(topic + "/messages", "4", "Message-Routing-Key: yes");
        Assert.Equal("4", (await receiver.Next()).Text);
        await _api.Until(path, "succeeded", 1);
        Answer replayed = await _api.Post(path + "/replay", """{"since":"2020-01-01T00:00:00Z"}""");
        Assert.Equal(202, replayed.Status);
        Assert.Equal("""{"deliveries":3,"examined":4}""", replayed.Json.ToJsonString());
        Assert.Equal(["1", "3", "4"], (await receiver.Next(3)).Select(static request => request.Text).Order());
        await _api.Until(path, "succeeded", 3);
    }

    [Fact]
    public async Task A_replay_is_bounded_by_time_and_status()
    {
        await using ScriptedReceiver receiver = new(static request =>
            request.Text == "bad" ? ScriptedReceiver.Status(400) : ScriptedReceiver.Ok());
        (string topic, string path) = await NewWebhook(receiver.Url, ""","maxAttempts":1""");
        await _api.Publish(topic, "good", "bad");
        await _api.Until(path, "succeeded", 1);
        await _api.Until(path, "failed", 1);
        await receiver.Next(2);
        foreach (string nothing in new[]
        {
            """{"since":"2100-01-01T00:00:00Z"}""",
            """{"since":"2020-01-01T00:00:00Z","until":"2020-01-02T00:00:00Z"}""",
            """{"since":"2020-01-01T00:00:00Z","status":"pending"}""",
        })
            Assert.Equal(0, (int)(await _api.Post(path + "/replay", nothing)).Json["deliveries"]!);
        Answer failed = await _api.Post(path + "/replay", """{"since":"2020-01-01T00:00:00Z","status":"failed"}""");
        Assert.Equal(1, (int)failed.Json["deliveries"]!);
        Assert.Equal("bad", (await receiver.Next()).Text);
    }

    [Fact]
    public async Task A_long_replay_says_where_to_go_on_and_takes_every_message_once()
    {
        (string topic, string path) = await NewWebhook("http://hook.example.invalid/", "", ""","paused":true""");
        string batch = string.Join('\n', Enumerable.Range(0, 10_000).Select(static _ => """{"body":"x"}"""));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(201, (await _api.Post(
                topic + "/messages/batch", batch, "Content-Type: application/x-ndjson")).Status);
        }

        await _api.Post(path + "/seek", """{"to":"latest"}""");
        int calls = 0;
        int deliveries = 0;
        string body = """{"since":"2020-01-01T00:00:00Z"}""";
        while (body.Length > 0)
        {
            Answer page = await _api.Post(path + "/replay", body);
            Assert.Equal(202, page.Status);
            Assert.InRange((int)page.Json["deliveries"]!, 0, 10_000);
            deliveries += (int)page.Json["deliveries"]!;
            calls++;
            body = page.Json["nextCursor"] is { } next ? $$"""{"cursor":"{{next}}"}""" : "";
        }

        Assert.Equal(20_000, deliveries);
        Assert.InRange(calls, 2, 4);
        Assert.Equal(20_000, (int)(await _api.Get(path)).Json["stats"]!["available"]!);
    }

    [Theory]
    [InlineData("replay", "{}", "")]
    [InlineData("replay", """{"since":"yesterday"}""", "/since")]
    [InlineData("replay", """{"since":"2020-01-01T00:00:00Z","cursor":"AAA"}""", "")]
    [InlineData("replay", """{"cursor":"?"}""", "/cursor")]
    [InlineData("replay", """{"since":"2020-01-01T00:00:00Z","status":"lost"}""", "/status")]
    [InlineData("replay", """{"since":"2020-01-01T00:00:00Z","to":"x"}""", "/to")]
    [InlineData("retry", """{"status":"succeeded"}""", "/status")]
    [InlineData("retry", """{"since":"2020-01-02T00:00:00Z","until":"2020-01-01T00:00:00Z"}""", "/until")]
    [InlineData("retry", """{"since":7}""", "/since")]
    public async Task What_is_not_valid_is_refused_by_name(string verb, string json, string blamed)
    {
        (_, string path) = await NewWebhook("http://hook.example.invalid/");
        (await _api.Post($"{path}/{verb}", json)).ShouldBlame(400, "invalid-request", blamed);
    }

    [Theory]
    [InlineData("retry", "{}")]
    [InlineData("replay", """{"since":"2020-01-01T00:00:00Z"}""")]
    [InlineData("test", "{}")]
    public async Task Only_webhooks_are_retried_replayed_and_tested(string verb, string json)
    {
        string pull = await _api.Subscribe(await _api.NewTopic(), "a");
        (await _api.Post($"{pull}/{verb}", json)).ShouldBlame(409, "not-a-webhook-subscription");
        (await _api.Post($"{pull}x/{verb}", json)).ShouldBlame(404, "subscription-not-found");
    }

    [Fact]
    public async Task A_receiver_that_has_gone_disables_its_subscription_until_it_is_resumed()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Status(410));
        (string topic, string path) = await NewWebhook(receiver.Url);
        using FeedReader feed = await FeedReader.Open(new Uri(server.Address, "/v1/system/sse"));
        await _api.Publish(topic, "hello");
        SentEvent disabled = await feed.NextOf("subscriptionDisabled", "topic", topic.Split('/')[^1]);
        Assert.Equal(("a", "gone"), ((string)disabled.Data["subscription"]!, (string)disabled.Data["reason"]!));
        JsonNode stats = (await _api.Get(path)).Json["stats"]!;
        Assert.Equal("gone", (string)stats["disabledReason"]!);
        Assert.NotNull(stats["failingSince"]);
        Assert.Equal("pending", (string)Assert.Single(await _api.Until(path, "pending", 1))["status"]!);
        receiver.Script = static _ => ScriptedReceiver.Ok();
        Assert.Equal(204, (await _api.Post(path + "/resume")).Status);
        await _api.Until(path, "succeeded", 1);
        Assert.Null((await _api.Get(path)).Json["stats"]!["disabledReason"]);
    }

    private async Task<(string Topic, string Subscription)> NewWebhook(
        string url, string more = "", string settings = "")
    {
        string topic = await _api.NewTopic();
        return (topic, await _api.Subscribe(topic, "a", Ask.Webhook(url, more, settings)));
    }
}
