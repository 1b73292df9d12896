using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics;

[Collection(ServerCollection.Name)]
public sealed class SubscriptionDefinitionTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_subscription_is_created_once_and_described_with_its_settings_and_counts()
    {
        string topic = await _api.NewTopic();
        Answer created = await _api.Put(topic + "/subscriptions/a", """{"visibilityTimeoutSeconds":60}""");
        Assert.Equal((201, topic + "/subscriptions/a"), (created.Status, created.Headers["Location"]));
        Assert.Equal(200, (await _api.Put(topic + "/subscriptions/a", """{"visibilityTimeoutSeconds":60}""")).Status);
        await _api.Publish(topic, "1", "2", "3");
        JsonNode[] messages = await _api.Receive(topic + "/subscriptions/a");
        await _api.Delete($"{topic}/subscriptions/a/receipts/{messages[0]["receiptHandle"]}");
        await _api.Post($"{topic}/subscriptions/a/receipts/{messages[1]["receiptHandle"]}/release");
        JsonNode described = (await _api.Get(topic + "/subscriptions/a")).Json;
        Assert.Equal(
            ("a", topic.Split('/')[^1], "pull", "latest", "none", 60),
            ((string)described["name"]!, (string)described["topic"]!, (string)described["target"]!["type"]!,
                (string)described["from"]!, (string)described["ordering"]!,
                (int)described["visibilityTimeoutSeconds"]!));
        JsonNode stats = described["stats"]!;
        Assert.Equal((1, 1, 0), ((int)stats["available"]!, (int)stats["leased"]!, (int)stats["missedTotal"]!));
        Assert.Equal((3, 1), ((int)stats["receivedTotal"]!, (int)stats["acknowledgedTotal"]!));
    }

    [Fact]
    public async Task Where_it_begins_its_target_and_its_ordering_cannot_change()
    {
        string topic = await _api.NewTopic();
        string queue = await _api.NewQueue();
        string target = $$"""{"type":"queue","queue":"{{queue.Split('/')[^1]}}"}""";
        string subscription = await _api.Subscribe(
            topic, "a", $$"""{"target":{{target}},"from":"2026-01-01T00:00:00+01:00","ordering":"group"}""");
        Answer described = await _api.Get(subscription);
        Assert.Equal("2025-12-31T23:00:00.000Z", (string)described.Json["from"]!);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(target), described.Json["target"]));
        (await _api.Put(subscription)).ShouldBlame(409, "immutable-field", "/target/type", "/from", "/ordering");
        (await _api.Patch(subscription, """{"from":"earliest"}""")).ShouldBlame(409, "immutable-field", "/from");
        Assert.Equal(200, (await _api.Patch(subscription, $$"""{"target":{{target}},"paused":true}""")).Status);
        (await _api.Patch(subscription, """{"target":{"type":"queue","queue":"no-such-queue"}}"""))
            .ShouldBlame(422, "target-queue-not-found");
        (await _api.Patch(subscription, """{"visibilityTimeoutSeconds":9}"""))
            .ShouldBlame(400, "invalid-request", "/visibilityTimeoutSeconds");
    }

    [Theory]
    [InlineData("""{"target":{"type":"nosuch"}}""", "/target/type")]
    [InlineData("""{"target":{"queue":"a"}}""", "/target/type")]
    [InlineData("""{"target":{"type":"queue"}}""", "/target/queue")]
    [InlineData("""{"target":{"queue":"a/b","type":"queue"}}""", "/target/queue")]
    [InlineData("""{"target":{"type":"pull","queue":"a"}}""", "/target/queue")]
    [InlineData("""{"target":"pull"}""", "/target")]
    [InlineData("""{"target":{"type":"queue","queue":"a"},"receiveWaitSeconds":1}""", "/receiveWaitSeconds")]
    [InlineData("""{"from":"yesterday"}""", "/from")]
    [InlineData("""{"from":7}""", "/from")]
    [InlineData("""{"ordering":"strict"}""", "/ordering")]
    [InlineData("""{"redrivePolicy":{"maxReceiveCount":3}}""", "/redrivePolicy/deadLetterQueue")]
    [InlineData("""{"retentionSeconds":60}""", "/retentionSeconds")]
    public async Task What_is_not_valid_is_refused_by_name(string json, string blamed)
    {
        string topic = await _api.NewTopic();
        (await _api.Put(topic + "/subscriptions/a", json)).ShouldBlame(400, "invalid-request", blamed);
        (await _api.Get(topic + "/subscriptions/a")).ShouldBlame(404, "subscription-not-found");
    }

    [Fact]
    public async Task A_subscription_needs_its_topic_and_the_queues_that_it_names()
    {
        string topic = await _api.NewTopic();
        (await _api.Put("/v1/topics/no-such-topic/subscriptions/a")).ShouldBlame(404, "topic-not-found");
        (await _api.Patch("/v1/topics/no-such-topic/subscriptions/a", "{}")).ShouldBlame(404, "topic-not-found");
        (await _api.Patch(topic + "/subscriptions/a", "{}")).ShouldBlame(404, "subscription-not-found");
        (await _api.Delete(topic + "/subscriptions/a")).ShouldBlame(404, "subscription-not-found");
        (await _api.Put(topic + "/subscriptions/a", """{"redrivePolicy":{"deadLetterQueue":"no-such-queue"}}"""))
            .ShouldBlame(422, "dead-letter-queue-not-found");
        (await _api.Put(topic + "/subscriptions/a", """{"target":{"type":"queue","queue":"no-such-queue"}}"""))
            .ShouldBlame(422, "target-queue-not-found");
        (await _api.Put(topic + "/subscriptions/a%2Fb")).ShouldBlame(400, "invalid-request", "subscription");
    }

    [Fact]
    public async Task Changes_hold_to_the_ETag()
    {
        string subscription = await _api.Subscribe(await _api.NewTopic(), "a");
        string etag = (await _api.Get(subscription)).Headers["ETag"];
        Assert.Equal(200, (await _api.Patch(subscription, """{"receiveWaitSeconds":1}""", $"If-Match: {etag}")).Status);
        (await _api.Put(subscription, "{}", $"If-Match: {etag}")).ShouldBlame(412, "precondition-failed");
        (await _api.Put(subscription, "{}", "If-None-Match: *")).ShouldBlame(412, "precondition-failed");
        (await _api.Delete(subscription, $"If-Match: {etag}")).ShouldBlame(412, "precondition-failed");
        Assert.Equal(204, (await _api.Delete(subscription)).Status);
    }

    [Fact]
    public async Task Subscriptions_are_listed_page_by_page_and_by_their_tags()
    {
        string topic = await _api.NewTopic();
        foreach (string name in new[] { "c", "a", "b" })
            await _api.Subscribe(topic, name, $$"""{"tags":{"name":"{{name}}"} }""");
        Answer first = await _api.Get($"{topic}/subscriptions?limit=2");
        Assert.Equal(["a", "b"], Names(first));
        Assert.Equal(["c"], Names(await _api.Get($"{topic}/subscriptions?limit=2&cursor={first.Json["nextCursor"]}")));
        Assert.Equal(["b"], Names(await _api.Get($"{topic}/subscriptions?tag=name:b")));
        Assert.Equal(["c"], Names(await _api.Get($"{topic}/subscriptions?prefix=c")));
    }

    [Fact]
    public async Task Nobody_receives_from_or_settles_a_subscription_whose_messages_go_to_a_target()
    {
        string topic = await _api.NewTopic();
        string queue = (await _api.NewQueue()).Split('/')[^1];
        string pull = await _api.Subscribe(topic, "pull");
        string copy = await _api.Subscribe(topic, "copy", $$"""{"target":{"type":"queue","queue":"{{queue}}"} }""");
        await _api.Publish(topic, "1");
        string handle = (string)(await _api.ReceiveOne(pull))["receiptHandle"]!;
        Answer[] refused =
        [
            await _api.Post(copy + "/receive"), await _api.Post(copy + "/receive?wait=60s"),
            await _api.Get(copy + "/sse"),
            await _api.Post(copy + "/consume", "", "Content-Type: application/x-ndjson"),
            await _api.Delete($"{copy}/receipts/{handle}"),
            await _api.Patch($"{copy}/receipts/{handle}", """{"visibilityTimeoutSeconds":1}"""),
            await _api.Post($"{copy}/receipts/{handle}/release"),
            await _api.Post($"{copy}/receipts/{handle}/dead-letter"),
            await _api.Post(copy + "/acknowledge", $$"""{"receiptHandles":["{{handle}}"]}"""),
            await _api.Post(copy + "/release", $$"""{"receiptHandles":["{{handle}}"]}"""),
            await _api.Post(copy + "/extend", $$"""{"receiptHandles":["{{handle}}"],"visibilityTimeoutSeconds":1}"""),
        ];
        foreach (Answer answer in refused) answer.ShouldBlame(409, "not-a-pull-subscription");
    }

    private static string[] Names(Answer page) =>
        [.. page.Json["items"]!.AsArray().Select(static subscription => (string)subscription!["name"]!)];
}
