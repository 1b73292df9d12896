using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics;

/// <summary>Subscriptions whose messages are copied to queues.</summary>
[Collection(ServerCollection.Name)]
public sealed class RelayTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task Each_of_ten_queues_gets_a_copy_of_every_message_in_order()
    {
        string topic = await _api.NewTopic();
        string[] queues = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _api.NewQueue()));
        for (int i = 0; i < queues.Length; i++) await Subscribe(topic, $"s{i}", queues[i]);
        string[] bodies = [.. Enumerable.Range(0, 50).Select(static n => n.ToString())];
        await _api.Publish(topic, bodies);
        foreach (string queue in queues) Assert.Equal(bodies, await ReceiveAll(queue, bodies.Length));
    }

    [Fact]
    public async Task A_copy_has_the_attributes_and_the_group_of_its_message()
    {
        string topic = await _api.NewTopic("""{"type":"fifo"}""");
        string queue = await _api.NewQueue("""{"type":"fifo"}""");
        await Subscribe(topic, "a", queue);
        await _api.Post(
            topic + "/messages", "hello", "Content-Type: application/json", "Message-Group-Id: g",
            "Message-Deduplication-Id: 1", "Message-Attribute-tenant: acme");
        JsonNode copy = await _api.ReceiveOne(queue);
        Assert.Equal(
            ("hello", "application/json", "g", "acme"),
            ((string)copy["body"]!, (string)copy["contentType"]!, (string)copy["groupId"]!,
                (string)copy["attributes"]!["tenant"]!));
    }

    [Fact]
    public async Task A_filtered_relay_copies_what_matches()
    {
        string topic = await _api.NewTopic();
        string queue = await _api.NewQueue();
        await Subscribe(topic, "a", queue, ""","filter":{"policy":{"color":["red"]}}""");
        await _api.Post(topic + "/messages", "1", "Message-Attribute-color: blue");
        await _api.Post(topic + "/messages", "2", "Message-Attribute-color: red");
        Assert.Equal("2", (string)(await _api.ReceiveOne(queue))["body"]!);
        Assert.Empty(await _api.Receive(queue));
    }

    [Fact]
    public async Task While_the_queue_is_full_the_messages_wait_and_the_subscription_says_why()
    {
        string topic = await _api.NewTopic();
        string queue = await _api.NewQueue("""{"maxMessages":2}""");
        string other = await _api.NewQueue();
        string subscription = await Subscribe(topic, "full", queue);
        await Subscribe(topic, "free", other);
        await _api.Publish(topic, "1", "2", "3", "4");
        Assert.Equal(["1", "2", "3", "4"], await ReceiveAll(other, 4));
        JsonNode described;
        do described = (await _api.Get(subscription)).Json;
        while (described["stats"]!["blockedReason"] is null);
        Assert.Contains("full", (string)described["stats"]!["blockedReason"]!, StringComparison.Ordinal);
        Assert.Equal(["1", "2", "3", "4"], await ReceiveAll(queue, 4));
    }

    [Fact]
    public async Task A_relay_goes_on_when_its_deleted_queue_is_there_again()
    {
        string topic = await _api.NewTopic();
        string queue = await _api.NewQueue();
        string subscription = await Subscribe(topic, "a", queue);
        await _api.Delete(queue);
        await _api.Publish(topic, "1");
        JsonNode described;
        do described = (await _api.Get(subscription)).Json;
        while (described["stats"]!["blockedReason"] is null);
        await _api.Put(queue, "{}");
        Assert.Equal(["1"], await ReceiveAll(queue, 1));
    }

    [Fact]
    public async Task A_paused_relay_copies_nothing_until_it_is_resumed()
    {
        string topic = await _api.NewTopic();
        string queue = await _api.NewQueue();
        string subscription = await Subscribe(topic, "a", queue);
        await _api.Post(subscription + "/pause");
        await _api.Publish(topic, "1");
        Assert.Equal(1, (int)(await _api.Get(subscription)).Json["stats"]!["available"]!);
        Assert.Empty(await _api.Receive(queue));
        await _api.Post(subscription + "/resume");
        Assert.Equal(["1"], await ReceiveAll(queue, 1));
    }

    [Fact]
    public async Task A_deleted_topic_ends_its_relays_and_a_new_one_of_its_name_begins_anew()
    {
        string topic = await _api.NewTopic();
        string queue = await _api.NewQueue();
        await Subscribe(topic, "a", queue);
        await _api.Publish(topic, "1");
        Assert.Equal(["1"], await ReceiveAll(queue, 1));
        Assert.Equal(204, (await _api.Delete(topic)).Status);
        Assert.Equal(201, (await _api.Put(topic, "{}")).Status);
        await _api.Publish(topic, "2");
        await Subscribe(topic, "a", queue);
        await _api.Publish(topic, "3");
        Assert.Equal(["3"], await ReceiveAll(queue, 1));
    }

    [Theory]
    [InlineData(DeliveryFormat.Envelope, "application/json")]
    [InlineData(DeliveryFormat.CloudEventsStructured, "application/cloudevents+json; charset=utf-8")]
    [InlineData(DeliveryFormat.CloudEventsBinary, "text/plain")]
    public async Task Copies_have_the_format_of_the_subscription(DeliveryFormat format, string contentType)
    {
        string topic = await _api.NewTopic();
        string queue = await _api.NewQueue();
        await Subscribe(topic, "a", queue);
        Assert.True(TopicName.TryParse(topic.Split('/')[^1], out TopicName parent));
        Assert.True(SubscriptionName.TryParse(parent, "a", out SubscriptionName name));
        await server.Services.GetRequiredService<BrokerHost>().Broker.PatchSubscription(
            name, config => config with { Subscription = config.Subscription! with { Format = format } },
            Precondition.None);
        await _api.Post(topic + "/messages", "hello", "Content-Type: text/plain", "Message-Attribute-tenant: acme");
        JsonNode copy = await _api.ReceiveOne(queue);
        Assert.Equal(contentType, (string)copy["contentType"]!);
        string body = (string)copy["body"]!;
        if (format == DeliveryFormat.Envelope)
        {
            JsonNode envelope = JsonNode.Parse(body)!;
            Assert.Equal(("hello", "acme"), ((string)envelope["body"]!, (string)envelope["attributes"]!["tenant"]!));
        }
        else if (format == DeliveryFormat.CloudEventsStructured)
            Assert.Equal("hello", (string)JsonNode.Parse(body)!["data"]!);
        else Assert.Equal(("hello", "1.0"), (body, (string)copy["attributes"]!["ce-specversion"]!));
    }

    private static string Json(string queue, string rest) =>
        $$"""{"target":{"type":"queue","queue":"{{queue.Split('/')[^1]}}"}""" + rest;

    private Task<string> Subscribe(string topic, string name, string queue, string rest = "") =>
        _api.Subscribe(topic, name, Json(queue, rest + "}"));

    private async Task<string[]> ReceiveAll(string queue, int count)
    {
        List<string> bodies = [];
        while (bodies.Count < count)
        {
            Answer answer = await _api.Post($"{queue}/receive?max=100&wait=10s&ack=auto");
            JsonArray messages = answer.Json["messages"]!.AsArray();
            Assert.NotEmpty(messages);
            bodies.AddRange(messages.Select(static message => (string)message!["body"]!));
        }

        Assert.Equal(count, bodies.Count);
        return [.. bodies];
    }
}
