using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics;

[Collection(ServerCollection.Name)]
public sealed class PublishMessageTests(RunningServer server)
{
    private const string Lines = "Content-Type: application/x-ndjson";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_message_has_the_same_id_bytes_and_attributes_in_every_subscription()
    {
        string topic = await _api.NewTopic();
        string[] subscriptions = [await _api.Subscribe(topic, "a"), await _api.Subscribe(topic, "b")];
        Answer sent = await _api.Post(
            $"{topic}/messages", "hello", "Content-Type: text/markdown", "Message-Attribute-Tenant: acme",
            "Message-Group-Id: g", "Message-Correlation-Id: 7",
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        Assert.Equal((201, "fsync"), (sent.Status, sent.Headers["Message-Durability"]));
        Assert.DoesNotContain("Location", sent.Headers);
        Assert.Equal("5d41402abc4b2a76b9719d911017c592", (string)sent.Json["md5OfBody"]!);
        foreach (string subscription in subscriptions)
        {
            JsonNode message = await _api.ReceiveOne(subscription);
            Assert.Equal((string)sent.Json["id"]!, (string)message["id"]!);
            Assert.Equal(
                ("hello", "text/markdown", "acme", "g", "7"),
                ((string)message["body"]!, (string)message["contentType"]!, (string)message["attributes"]!["tenant"]!,
                    (string)message["groupId"]!, (string)message["correlationId"]!));
            Assert.StartsWith("00-4bf9", (string)message["traceparent"]!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Delays_times_to_live_and_priorities_are_refused_by_name()
    {
        string topic = await _api.NewTopic();
        Answer single = await _api.Post(
            $"{topic}/messages?delay=1s&priority=3", "x", "Message-Ttl: 10s",
            "Message-Deliver-At: 2030-01-01T00:00:00Z");
        single.ShouldBlame(400, "option-not-for-topics", "?delay", "?priority", "Message-Ttl", "Message-Deliver-At");
        const string Batch =
            """{"messages":[{"body":"a"},{"body":"b","delaySeconds":1,"ttlSeconds":9,"priority":1}]}""";
        (await _api.Post($"{topic}/messages/batch", Batch)).ShouldBlame(
            400, "option-not-for-topics", "/messages/1/delaySeconds", "/messages/1/ttlSeconds", "/messages/1/priority");
        Assert.Equal(0, (int)(await _api.Get(topic)).Json["stats"]!["publishedTotal"]!);
        Answer partial = await _api.Post($"{topic}/messages/batch?partial=true", Batch);
        Assert.Equal(207, partial.Status);
        Assert.Equal([201, 400], partial.Json["results"]!.AsArray().Select(static result => (int)result!["status"]!));
        Assert.Equal(1, (int)(await _api.Get(topic)).Json["stats"]!["publishedTotal"]!);
    }

    [Fact]
    public async Task A_batch_is_published_as_a_whole_or_not_at_all()
    {
        string topic = await _api.NewTopic("""{"maxMessageBytes":5}""");
        string subscription = await _api.Subscribe(topic, "a");
        (await _api.Post($"{topic}/messages/batch", """{"messages":[{"body":"1"},{"body":"too large"}]}"""))
            .ShouldBlame(413, "message-too-large");
        Assert.Empty(await _api.Receive(subscription));
        Answer lines = await _api.Post($"{topic}/messages/batch", "{\"body\":\"1\"}\n{\"body\":\"2\"}\n", Lines);
        Assert.Equal((201, 2), (lines.Status, lines.Json["results"]!.AsArray().Count));
        Answer partial = await _api.Post(
            $"{topic}/messages/batch?partial=true", """{"messages":[{"body":"too large"},{"body":"3"},{}]}""");
        Assert.Equal(
            [413, 201, 400], partial.Json["results"]!.AsArray().Select(static result => (int)result!["status"]!));
        Assert.Equal(["1", "2", "3"], await _api.Bodies(subscription));
    }

    [Fact]
    public async Task Events_are_published_in_all_three_forms_and_received_as_events()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        const string Event = """{"specversion":"1.0","id":"1","source":"/shop","type":"created","data":{"n":1}}""";
        await _api.Post($"{topic}/messages", Event, "Content-Type: application/cloudevents+json");
        await _api.Post(
            $"{topic}/messages", """{"n":1}""", "Content-Type: application/json", "ce-specversion: 1.0", "ce-id: 1",
            "ce-source: /shop", "ce-type: created");
        await _api.Post($"{topic}/messages/batch", $"[{Event}]", "Content-Type: application/cloudevents-batch+json");
        await _api.Publish(topic, "plain");
        JsonNode[] messages = await _api.Receive(subscription, "&format=cloudEvents");
        Assert.Equal(4, messages.Length);
        foreach (JsonNode message in messages[..3])
        {
            JsonNode received = message["event"]!;
            Assert.Equal(
                ("1", "/shop", "created", 1),
                (
                    (string)received["id"]!, (string)received["source"]!, (string)received["type"]!,
                    (int)received["data"]!["n"]!));
        }

        Assert.Equal(topic, (string)messages[3]["event"]!["source"]!);
    }

    [Fact]
    public async Task A_publish_with_an_idempotency_key_happens_once()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        string key = $"Idempotency-Key: {Guid.CreateVersion7()}";
        Answer first = await _api.Post($"{topic}/messages", "1", key);
        Answer again = await _api.Post($"{topic}/messages", "1", key);
        Assert.Equal((201, first.Text, "true"), (again.Status, again.Text, again.Headers["Idempotent-Replayed"]));
        (await _api.Post($"{topic}/messages", "2", key)).ShouldBlame(422, "idempotency-key-reused");
        Assert.Equal(["1"], await _api.Bodies(subscription));
    }

    [Fact]
    public async Task A_fifo_topic_stores_a_repeated_message_once()
    {
        string topic = await _api.NewTopic("""{"type":"fifo","contentBasedDeduplication":true}""");
        string subscription = await _api.Subscribe(topic, "a", """{"ordering":"group"}""");
        Answer first = await _api.Post($"{topic}/messages?groupId=g", "1");
        Answer again = await _api.Post($"{topic}/messages?groupId=g", "1");
        Assert.Equal((200, (string)first.Json["id"]!), (again.Status, (string)again.Json["id"]!));
        Assert.True((bool)again.Json["deduplicated"]!);
        Answer other = await _api.Post($"{topic}/messages?groupId=g", "1", "Message-Deduplication-Id: other");
        Assert.Equal(201, other.Status);
        Assert.Equal(["1", "1"], await _api.Bodies(subscription));
        string standard = await _api.NewTopic();
        (await _api.Post($"{standard}/messages?deduplicationId=x", "1")).ShouldBlame(
            400, "deduplication-not-supported");
    }
}
