using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics;

/// <summary>The language itself is tested with the broker; here is how filters come in and what they do.</summary>
[Collection(ServerCollection.Name)]
public sealed class FilterTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_subscription_gets_the_messages_that_its_filter_lets_through()
    {
        string topic = await _api.NewTopic();
        string eu = await Subscribe(topic, "eu", """{"routingKey":"order.*.eu"}""");
        string large = await Subscribe(
            topic, "large", """{"scope":"body","policy":{"order":{"total":[{"numeric":[">",100]}]}}}""");
        string acme = await Subscribe(topic, "acme", """{"policy":{"tenant":["acme"]},"routingKey":"#"}""");
        string all = await Subscribe(topic, "all", "{}");
        await _api.Post($"{topic}/messages", "1", "Message-Routing-Key: order.paid.eu");
        await _api.Post($"{topic}/messages?routingKey=order.paid.us", """{"order":{"total":200}}""");
        await _api.Post($"{topic}/messages", "3", "Message-Attribute-Tenant: acme");
        Assert.Equal(["1"], await Drain(eu, 1));
        Assert.Equal(["""{"order":{"total":200}}"""], await Drain(large, 1));
        Assert.Equal(["3"], await Drain(acme, 1));
        Assert.Equal(3, (await Drain(all, 3)).Count);
    }

    [Fact]
    public async Task A_filter_is_shown_as_it_is_kept_and_can_be_changed_and_taken_away()
    {
        string topic = await _api.NewTopic();
        string subscription = await Subscribe(topic, "a", """{"routingKey":"a.#","policy":{"x":["1"]}}""");
        JsonNode filter = (await _api.Get(subscription)).Json["filter"]!;
        Assert.Equal("""{"scope":"attributes","policy":{"x":["1"]},"routingKey":"a.#"}""", filter.ToJsonString());
        Assert.Equal(200, (await _api.Patch(subscription, """{"filter":{"routingKey":"b"}}""")).Status);
        Assert.Equal("""{"routingKey":"b"}""", (await _api.Get(subscription)).Json["filter"]!.ToJsonString());
        Assert.Null((await _api.Patch(subscription, """{"filter":null}""")).Json["filter"]);
    }

    [Theory]
    [InlineData("""{"policy":{"price":[{"numeric":[">","x"]}]}}""", "/filter/policy/price/0/numeric/1")]
    [InlineData("""{"nosuch":1}""", "/filter/nosuch")]
    [InlineData("""{"routingKey":"a*.b"}""", "/filter/routingKey")]
    [InlineData("[]", "/filter")]
    public async Task A_filter_that_is_not_valid_is_refused_with_the_place_in_it(string filter, string blamed)
    {
        string topic = await _api.NewTopic();
        (await _api.Put(topic + "/subscriptions/a", $$"""{"filter":{{filter}} }"""))
            .ShouldBlame(400, "invalid-request", blamed);
    }

    private Task<string> Subscribe(string topic, string name, string filter) =>
        _api.Subscribe(topic, name, $$"""{"filter":{{filter}} }""");

    /// <summary>Waits for so many messages: what is new is matched a moment after its publish.</summary>
    private async Task<List<string>> Drain(string subscription, int count)
    {
        List<string> bodies = [];
        while (bodies.Count < count) bodies.Add((string)(await _api.ReceiveOne(subscription, "&ack=auto"))["body"]!);
        Assert.Empty(await _api.Bodies(subscription));
        return bodies;
    }
}
