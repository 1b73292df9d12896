using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics;

[Collection(ServerCollection.Name)]
public sealed class TopicDefinitionTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_topic_is_created_once_and_described_with_its_settings_and_counts()
    {
        string topic = "/v1/topics/" + Name();
        Answer created = await _api.Put(topic, """{"retentionSeconds":3600,"tags":{"team":"shop"}}""");
        Assert.Equal(
            (201, topic, "fsync"), (
                created.Status, created.Headers["Location"], created.Headers["Message-Durability"]));
        Assert.Equal(200, (await _api.Put(topic, """{"retentionSeconds":3600,"tags":{"team":"shop"}}""")).Status);
        await _api.Subscribe(topic, "a");
        await _api.Subscribe(topic, "b");
        await _api.Publish(topic, "1", "22");
        JsonNode described = (await _api.Get(topic)).Json;
        Assert.Equal(
            ("standard", 3600, "topic", "shop"),
            ((string)described["type"]!, (int)described["retentionSeconds"]!, (string)described["deduplicationScope"]!,
                (string)described["tags"]!["team"]!));
        JsonNode stats = described["stats"]!;
        Assert.Equal((2, 2, 2), ((int)stats["messages"]!, (int)stats["publishedTotal"]!, (int)stats["subscriptions"]!));
        Assert.True((int)stats["bytes"]! > 0);
    }

    [Fact]
    public async Task Changes_hold_to_the_ETag_and_a_patch_keeps_what_it_does_not_name()
    {
        string topic = await _api.NewTopic("""{"retentionSeconds":3600,"tags":{"a":"1"}}""");
        string etag = (await _api.Get(topic)).Headers["ETag"];
        Answer patched = await _api.Patch(topic, """{"tags":{"b":"2"},"maxMessageBytes":10}""", $"If-Match: {etag}");
        Assert.Equal((200, 3600), (patched.Status, (int)patched.Json["retentionSeconds"]!));
        Assert.Equal(["a", "b"], patched.Json["tags"]!.AsObject().Select(static tag => tag.Key));
        (await _api.Patch(topic, "{}", $"If-Match: {etag}")).ShouldBlame(412, "precondition-failed");
        (await _api.Put(topic, "{}", "If-None-Match: *")).ShouldBlame(412, "precondition-failed");
        (await _api.Delete(topic, $"If-Match: {etag}")).ShouldBlame(412, "precondition-failed");
        (await _api.Post($"{topic}/messages", "12345678901")).ShouldBlame(413, "message-too-large");
        Assert.Equal(345_600, (int)(await _api.Put(topic)).Json["retentionSeconds"]!);
        Assert.Equal(204, (await _api.Delete(topic, $"If-Match: {(await _api.Get(topic)).Headers["ETag"]}")).Status);
        (await _api.Get(topic)).ShouldBlame(404, "topic-not-found");
    }

    [Fact]
    public async Task What_a_topic_does_not_have_is_refused_by_name()
    {
        string topic = await _api.NewTopic();
        (await _api.Put(topic, """{"visibilityTimeoutSeconds":1,"redrivePolicy":{},"filter":{}}"""))
            .ShouldBlame(400, "invalid-request", "/visibilityTimeoutSeconds", "/redrivePolicy", "/filter");
        (await _api.Put(topic, """{"retentionSeconds":1,"deduplicationScope":"queue"}"""))
            .ShouldBlame(400, "invalid-request", "/retentionSeconds", "/deduplicationScope");
        (await _api.Put(topic, """{"type":"fifo","durability":"os"}"""))
            .ShouldBlame(409, "immutable-field", "/type", "/durability");
        (await _api.Put(topic, """{"contentBasedDeduplication":true}"""))
            .ShouldBlame(400, "deduplication-not-supported");
        (await _api.Put("/v1/topics/a%20b")).ShouldBlame(400, "invalid-request", "topic");
        (await _api.Patch($"/v1/topics/{Name()}", "{}")).ShouldBlame(404, "topic-not-found");
        (await _api.Delete($"/v1/topics/{Name()}")).ShouldBlame(404, "topic-not-found");
        (await _api.Get(topic + "?nosuch=1")).ShouldBlame(400, "invalid-request", "?nosuch");
    }

    [Fact]
    public async Task Topics_are_listed_page_by_page_and_by_their_tags()
    {
        string prefix = Name();
        foreach (string name in new[] { "a", "b", "c" })
            await _api.Put($"/v1/topics/{prefix}{name}", $$"""{"tags":{"name":"{{name}}"} }""");
        Assert.Equal(201, (await _api.Put($"/v1/queues/{prefix}q")).Status);
        Answer first = await _api.Get($"/v1/topics?prefix={prefix}&limit=2");
        Assert.Equal([$"{prefix}a", $"{prefix}b"], Names(first));
        Answer second = await _api.Get($"/v1/topics?prefix={prefix}&limit=2&cursor={first.Json["nextCursor"]}");
        Assert.Equal([$"{prefix}c"], Names(second));
        Assert.Null(second.Json["nextCursor"]);
        Assert.Equal([$"{prefix}b"], Names(await _api.Get($"/v1/topics?prefix={prefix}&tag=name:b")));
        Assert.Equal([$"{prefix}q"], Names(await _api.Get($"/v1/queues?prefix={prefix}")));
    }

    [Fact]
    public async Task Deleting_a_topic_deletes_its_subscriptions_and_a_queue_of_the_same_name_is_another_thing()
    {
        string name = Name();
        await _api.Put("/v1/queues/" + name);
        await _api.Put("/v1/topics/" + name);
        string subscription = await _api.Subscribe("/v1/topics/" + name, name);
        await _api.Publish("/v1/topics/" + name, "1");
        await _api.Post($"/v1/queues/{name}/messages", "2");
        Assert.Equal(204, (await _api.Delete("/v1/topics/" + name)).Status);
        (await _api.Get(subscription)).ShouldBlame(404, "subscription-not-found");
        (await _api.Post($"{subscription}/receive")).ShouldBlame(404, "subscription-not-found");
        (await _api.Post($"/v1/topics/{name}/messages", "3")).ShouldBlame(404, "topic-not-found");
        (await _api.Get($"/v1/topics/{name}/subscriptions")).ShouldBlame(404, "topic-not-found");
        Assert.Equal("2", Assert.Single(await _api.Bodies("/v1/queues/" + name)));
    }

    private static string Name() => "t-" + Guid.CreateVersion7().ToString("N");

    private static string[] Names(Answer page) =>
        [.. page.Json["items"]!.AsArray().Select(static topic => (string)topic!["name"]!)];
}
