using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Topics;

/// <summary>Looking at what a topic keeps, on a clock that the test moves.</summary>
public sealed class BrowseTopicTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;
    private readonly Api _api;

    public BrowseTopicTests()
    {
        _server = new LiveServer(_time);
        _api = _server.Api;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_topic_shows_what_it_keeps_whatever_subscriptions_did_with_it_and_looking_changes_nothing()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        Answer published = await _api.Post(
            topic + "/messages", "1", "Message-Attribute-Tenant: acme", "Message-Routing-Key: order.created");
        await _api.Bodies(subscription, "&ack=auto");
        await _api.Publish(topic, "2");
        for (int i = 0; i < 2; i++)
        {
            JsonNode[] items = await Items(topic + "/messages");
            Assert.Equal(["1", "2"], items.Select(static item => (string)item["body"]!));
            Assert.Equal((string)published.Json["id"]!, (string)items[0]["id"]!);
            Assert.Equal((long)published.Json["sequenceNumber"]!, (long)items[0]["sequenceNumber"]!);
            Assert.Equal("acme", (string)items[0]["attributes"]!["tenant"]!);
            Assert.Equal("order.created", (string)items[0]["routingKey"]!);
            Assert.Equal("2026-11-21T10:00:00.000Z", (string)items[0]["sentAt"]!);
            Assert.Null(items[0]["receiptHandle"]);
        }

        Assert.Equal(["2"], await _api.Bodies(subscription));
    }

    [Fact]
    public async Task Pages_follow_each_other_through_all_groups_without_gaps()
    {
        string topic = await _api.NewTopic();
        string[] bodies = [.. Enumerable.Range(0, 25).Select(static i => $"{i}")];
        foreach (string body in bodies)
            await _api.Post(topic + "/messages", body, $"Message-Group-Id: g{int.Parse(body, null) % 7}");
        List<string> seen = [];
        for (string? next = topic + "/messages?limit=4"; next is not null;)
        {
            Answer page = await _api.Get(next);
            seen.AddRange(page.Json["items"]!.AsArray().Select(static item => (string)item!["body"]!));
            next = page.Headers.TryGetValue("Link", out string? link) ? link.Split('<', '>')[1] : null;
        }

        Assert.Equal(bodies.Order(), seen.Order());
        Assert.Equal(
            bodies.Where(static body => int.Parse(body, null) % 7 == 3),
            seen.Where(static body => int.Parse(body, null) % 7 == 3));
    }

    [Fact]
    public async Task Messages_are_found_by_the_time_of_publishing()
    {
        string topic = await _api.NewTopic();
        await _api.Publish(topic, "1");
        _time.Advance(TimeSpan.FromSeconds(10));
        await _api.Publish(topic, "2");
        JsonNode[] found = await Items(topic + "/messages?since=2026-11-21T10:00:10Z");
        Assert.Equal("2", (string)Assert.Single(found)["body"]!);
        Assert.Empty(await Items(topic + "/messages?since=2026-11-21T10:00:11Z"));
    }

    [Theory]
    [InlineData("since=yesterday", "?since")]
    [InlineData("cursor=xyz", "?cursor")]
    [InlineData("limit=0", "?limit")]
    [InlineData("state=available", "?state")]
    public async Task A_wrong_parameter_is_refused_by_name(string query, string name)
    {
        string topic = await _api.NewTopic();
        (await _api.Get($"{topic}/messages?{query}")).ShouldBlame(400, "invalid-request", name);
        (await _api.Get(topic + "x/messages")).ShouldBlame(404, "topic-not-found");
    }

    private async Task<JsonNode[]> Items(string path)
    {
        Answer page = await _api.Get(path);
        Assert.Equal(200, page.Status);
        return [.. page.Json["items"]!.AsArray().Select(static item => item!)];
    }
}
