using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics;

[Collection(LiveCollection.Name)]
public sealed class PublishStreamTests(LiveServer server)
{
    [Theory]
    [InlineData("HTTP/1.1")]
    [InlineData("h2c")]
    public async Task Lines_are_published_one_by_one_over_one_request(string protocol)
    {
        string topic = await server.Api.NewTopic();
        string subscription = await server.Api.Subscribe(topic, "a");
        using DuplexRequest stream = await DuplexRequest.Open(server, protocol, topic + "/messages/stream");
        await stream.Write("{\"body\":\"1\"}");
        Assert.Equal(201, (int)(await stream.Expect())["status"]!);
        Assert.Equal(["1"], await server.Api.Bodies(subscription));
        await stream.Write("{\"body\":\"2\",\"ttlSeconds\":5}");
        JsonNode refused = await stream.Expect();
        Assert.Equal("option-not-for-topics", (string)refused["problem"]!["code"]!);
        Assert.NotNull(refused["problem"]!["errors"]!["/ttlSeconds"]);
        await stream.Write("{\"body\":\"3\"}");
        Assert.Equal(201, (int)(await stream.Expect())["status"]!);
        await stream.End();
        Assert.Null(await stream.Read());
        Assert.Equal(["3"], await server.Api.Bodies(subscription));
        (await server.Api.Post("/v1/topics/no-such-topic/messages/stream", "", "Content-Type: application/x-ndjson"))
            .ShouldBlame(404, "topic-not-found");
    }

    [Fact]
    public async Task A_subscription_is_consumed_live_and_what_a_broken_consumer_held_comes_again()
    {
        string topic = await server.Api.NewTopic();
        string subscription = await server.Api.Subscribe(topic, "a");
        using (DuplexRequest consumer = await DuplexRequest.Open(server, "h2c", subscription + "/consume"))
        {
            await consumer.Write("{\"credit\":2}");
            await server.Api.Publish(topic, "1", "2");
            JsonNode first = await consumer.Expect();
            Assert.Equal("1", (string)first["body"]!);
            await consumer.Write($$"""{"acknowledge":["{{first["receiptHandle"]}}"]}""");
            JsonNode next = await consumer.Expect();
            if (next["body"] is not null) next = await consumer.Expect();
            Assert.NotNull(next["acknowledged"] ?? next["body"]);
        }

        using EventReader events = await EventReader.Open(server.Http1, subscription + "/sse");
        await events.Read();
        Assert.Equal("2", (string)(await events.Message())["body"]!);
    }
}
