using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Tests.Topics.Filters;

/// <summary>AMQP topic patterns, as RabbitMQ matches them.</summary>
public sealed class RoutingKeyTests
{
    [Theory]
    [InlineData("a.b.c", "a.b.c", true)]
    [InlineData("a.b.c", "a.b", false)]
    [InlineData("a.b", "a.b.c", false)]
    [InlineData("a.b.c", "A.b.c", false)]
    [InlineData("order", "order", true)]
    [InlineData("order", "orders", false)]
    [InlineData("*", "a", true)]
    [InlineData("*", "a.b", false)]
    [InlineData("*", "", false)]
    [InlineData("*.*", "a.b", true)]
    [InlineData("*.*", "a", false)]
    [InlineData("a.*", "a.b", true)]
    [InlineData("a.*", "a", false)]
    [InlineData("a.*.c", "a.b.c", true)]
    [InlineData("a.*.c", "a.b.b.c", false)]
    [InlineData("*.b.c", "a.b.c", true)]
    [InlineData("order.*.created", "order.eu.created", true)]
    [InlineData("order.*.created", "order.eu.west.created", false)]
    [InlineData("#", "", true)]
    [InlineData("#", "a", true)]
    [InlineData("#", "a.b.c", true)]
    [InlineData("#.#", "", true)]
    [InlineData("#.#", "a.b.c", true)]
    [InlineData("a.#", "a", true)]
    [InlineData("a.#", "a.b.c", true)]
    [InlineData("a.#", "b.a", false)]
    [InlineData("a.#", "", false)]
    [InlineData("#.b", "b", true)]
    [InlineData("#.b", "a.a.b", true)]
    [InlineData("#.b", "b.a", false)]
    [InlineData("a.#.b", "a.b", true)]
    [InlineData("a.#.b", "a.x.y.b", true)]
    [InlineData("a.#.b", "a.b.b", true)]
    [InlineData("a.#.b", "a.b.c", false)]
    [InlineData("a.#.b", "a", false)]
    [InlineData("*.#", "a", true)]
    [InlineData("*.#", "", false)]
    [InlineData("#.*", "a.b", true)]
    [InlineData("#.*.#", "", false)]
    [InlineData("#.*.#", "a.b.c", true)]
    [InlineData("*.#.*", "a", false)]
    [InlineData("*.#.*", "a.b", true)]
    [InlineData("#.b.#", "a.b.c", true)]
    [InlineData("#.b.#", "a.c", false)]
    [InlineData("#.a.#.b.#", "x.a.y.b.z", true)]
    [InlineData("#.a.#.b.#", "x.b.y.a.z", false)]
    [InlineData("#.a.b", "a.a.a.b", true)]
    [InlineData("#.a.*.b", "a.a.a.x.b", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a", "", false)]
    [InlineData("a", "a.", false)]
    [InlineData("a.", "a.", true)]
    [InlineData("a.*", "a.", true)]
    [InlineData(".a", ".a", true)]
    [InlineData("*.a", ".a", true)]
    [InlineData("a", ".a", false)]
    [InlineData("a..b", "a..b", true)]
    [InlineData("a.*.b", "a..b", true)]
    [InlineData("a.b", "a..b", false)]
    [InlineData("*.*", ".", true)]
    [InlineData("*", ".", false)]
    [InlineData("#", ".", true)]
    [InlineData("žluť.*", "žluť.馬", true)]
    public void A_pattern_matches_as_in_RabbitMQ(string pattern, string key, bool matches) =>
        Assert.Equal(matches, FilterMessages.Matches(OfPattern(pattern), FilterMessages.WithKey(key)));

    [Theory]
    [InlineData("#", true)]
    [InlineData("", true)]
    [InlineData("*", false)]
    [InlineData("a", false)]
    public void A_message_without_a_routing_key_has_the_empty_one(string pattern, bool matches) =>
        Assert.Equal(matches, FilterMessages.Matches(OfPattern(pattern), FilterMessages.WithKey(null)));

    [Fact]
    public void Both_the_policy_and_the_routing_key_must_match()
    {
        SubscriptionFilter filter = FilterMessages.Filter("""{"policy":{"a":["x"]},"routingKey":"k.#"}""");
        Assert.True(FilterMessages.Matches(filter, Message("x", "k")));
        Assert.False(FilterMessages.Matches(filter, Message("y", "k")));
        Assert.False(FilterMessages.Matches(filter, Message("x", "l")));

        static byte[] Message(string value, string key) => FilterMessages.Written(
            new()
            {
                RoutingKey = key,
                Attributes = [new("a", Broker.Messages.AttributeKind.String, value)],
            },
            []);
    }

    private static SubscriptionFilter OfPattern(string pattern) =>
        FilterMessages.Filter($$"""{"routingKey":"{{pattern}}"}""");
}
