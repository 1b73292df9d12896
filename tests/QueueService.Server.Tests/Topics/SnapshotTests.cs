using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Topics;

/// <summary>Snapshots of subscriptions, on a clock that the test moves.</summary>
public sealed class SnapshotTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;
    private readonly Api _api;

    public SnapshotTests()
    {
        _server = new LiveServer(_time);
        _api = _server.Api;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_seek_to_a_snapshot_delivers_again_what_was_not_acknowledged_when_it_was_taken()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        await _api.Publish(topic, "1", "2", "3");
        JsonNode[] received = await _api.Receive(subscription);
        await Acknowledge(subscription, received[1]);
        Answer taken = await _api.Put(subscription + "/snapshots/s");
        Assert.Equal((201, "fsync"), (taken.Status, taken.Headers["Message-Durability"]));
        Assert.Equal(subscription + "/snapshots/s", taken.Headers["Location"]);
        await Acknowledge(subscription, received[0]);
        await _api.Publish(topic, "4");
        Answer sought = await _api.Post(subscription + "/seek", """{"snapshot":"s"}""");
        Assert.Equal((204, "fsync"), (sought.Status, sought.Headers["Message-Durability"]));
        (await _api.Delete($"{subscription}/receipts/{received[2]["receiptHandle"]}")).ShouldBlame(
            410, "receipt-expired");
        Assert.Equal(["1", "3", "4"], await _api.Bodies(subscription, "&ack=auto"));
        Assert.Equal(204, (await _api.Post(subscription + "/seek", """{"snapshot":"s","subscription":null}""")).Status);
        Assert.Equal(["1", "3", "4"], await _api.Bodies(subscription));
    }

    [Fact]
    public async Task A_snapshot_says_when_it_was_taken_and_ends_and_a_name_that_exists_keeps_it()
    {
        string topic = await _api.NewTopic("""{"retentionSeconds":3600}""");
        string subscription = await _api.Subscribe(topic, "a");
        Answer first = await _api.Put(subscription + "/snapshots/s", "{}", "If-None-Match: *");
        Assert.Equal(201, first.Status);
        Assert.Equal("2026-11-21T10:00:00.000Z", (string)first.Json["createdAt"]!);
        Assert.Equal("2026-11-21T11:00:00.000Z", (string)first.Json["expiresAt"]!);
        Assert.Equal("a", (string)first.Json["subscription"]!);
        _time.Advance(TimeSpan.FromMinutes(10));
        Answer again = await _api.Put(subscription + "/snapshots/s");
        Assert.Equal((200, first.Text), (again.Status, again.Text));
        (await _api.Put(subscription + "/snapshots/s", null, "If-None-Match: *")).ShouldBlame(
            412, "precondition-failed");
        Answer read = await _api.Get(subscription + "/snapshots/s");
        Assert.Equal((200, first.Text, first.Headers["ETag"]), (read.Status, read.Text, read.Headers["ETag"]));
        _time.Advance(TimeSpan.FromMinutes(50));
        (await _api.Get(subscription + "/snapshots/s")).ShouldBlame(404, "snapshot-not-found");
        (await _api.Post(subscription + "/seek", """{"snapshot":"s"}""")).ShouldBlame(404, "snapshot-not-found");
        Assert.Equal(201, (await _api.Put(subscription + "/snapshots/s")).Status);
    }

    [Fact]
    public async Task Snapshots_are_listed_in_pages_and_deleted()
    {
        string subscription = await _api.Subscribe(await _api.NewTopic(), "a");
        foreach (string name in (string[])["b2", "a", "b1", "b3"]) await _api.Put($"{subscription}/snapshots/{name}");
        Answer page = await _api.Get(subscription + "/snapshots?prefix=b&limit=2");
        Assert.Equal(["b1", "b2"], Names(page));
        page = await _api.Get($"{subscription}/snapshots?prefix=b&limit=2&cursor={page.Json["nextCursor"]}");
        Assert.Equal(["b3"], Names(page));
        Assert.Null(page.Json["nextCursor"]);
        string snapshot = subscription + "/snapshots/b2";
        (await _api.Delete(snapshot, "If-Match: \"other\"")).ShouldBlame(412, "precondition-failed");
        Answer deleted = await _api.Delete(snapshot);
        Assert.Equal((204, "fsync"), (deleted.Status, deleted.Headers["Message-Durability"]));
        (await _api.Delete(snapshot)).ShouldBlame(404, "snapshot-not-found");
        Assert.Equal(["a", "b1", "b3"], Names(await _api.Get(subscription + "/snapshots")));
    }

    [Fact]
    public async Task Another_subscription_of_the_topic_can_begin_at_a_snapshot_unless_it_was_filtered()
    {
        string topic = await _api.NewTopic();
        string a = await _api.Subscribe(topic, "a");
        string filtered = await _api.Subscribe(topic, "filtered", """{"filter":{"routingKey":"x"}}""");
        await _api.Publish(topic, "1", "2");
        await _api.Put(a + "/snapshots/s");
        await _api.Put(filtered + "/snapshots/s");
        string late = await _api.Subscribe(topic, "late");
        Assert.Equal(204, (await _api.Post(late + "/seek", """{"snapshot":"s","subscription":"a"}""")).Status);
        Assert.Equal(["1", "2"], await _api.Bodies(late));
        (await _api.Post(late + "/seek", """{"snapshot":"s","subscription":"filtered"}"""))
            .ShouldBlame(409, "snapshot-is-filtered");
        (await _api.Post(late + "/seek", """{"snapshot":"s"}""")).ShouldBlame(404, "snapshot-not-found");
        (await _api.Post(late + "/seek", """{"snapshot":"s","subscription":"x"}""")).ShouldBlame(
            404, "snapshot-not-found");
    }

    [Fact]
    public async Task A_repeated_seek_with_the_same_idempotency_key_happens_once()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        await _api.Publish(topic, "1");
        await _api.Put(subscription + "/snapshots/s");
        const string key = "Idempotency-Key: seek-1";
        Assert.Equal(204, (await _api.Post(subscription + "/seek", """{"snapshot":"s"}""", key)).Status);
        Assert.Single(await _api.Bodies(subscription, "&ack=auto"));
        Answer again = await _api.Post(subscription + "/seek", """{"snapshot":"s"}""", key);
        Assert.Equal((204, "true"), (again.Status, again.Headers["Idempotent-Replayed"]));
        Assert.Empty(await _api.Bodies(subscription));
        (await _api.Post(subscription + "/seek", """{"snapshot":"t"}""", key)).ShouldBlame(
            422, "idempotency-key-reused");
    }

    [Fact]
    public async Task More_than_twenty_snapshots_are_refused()
    {
        string subscription = await _api.Subscribe(await _api.NewTopic(), "a");
        for (int i = 0; i < 20; i++) Assert.Equal(201, (await _api.Put($"{subscription}/snapshots/s{i}")).Status);
        (await _api.Put(subscription + "/snapshots/more")).ShouldBlame(429, "too-many-snapshots");
    }

    [Theory]
    [InlineData("""{"snapshot":"s","to":"latest"}""", "")]
    [InlineData("""{"snapshot":"a/b"}""", "/snapshot")]
    [InlineData("""{"snapshot":7}""", "/snapshot")]
    [InlineData("""{"snapshot":"s","subscription":"a/b"}""", "/subscription")]
    [InlineData("""{"to":"latest","subscription":"a"}""", "/subscription")]
    public async Task A_seek_names_one_place(string json, string blamed)
    {
        string subscription = await _api.Subscribe(await _api.NewTopic(), "a");
        (await _api.Post(subscription + "/seek", json)).ShouldBlame(400, "invalid-request", blamed);
    }

    [Fact]
    public async Task What_a_snapshot_does_not_know_is_named()
    {
        string subscription = await _api.Subscribe(await _api.NewTopic(), "a");
        (await _api.Put(subscription + "/snapshots/s", """{"ttl":1}""")).ShouldBlame(400, "invalid-request", "/ttl");
        (await _api.Put(subscription + "/snapshots/s?ttl=1")).ShouldBlame(400, "invalid-request", "?ttl");
        (await _api.Put(subscription + "/snapshots/a b")).ShouldBlame(400, "invalid-request", "snapshot");
        (await _api.Put(subscription + "x/snapshots/s")).ShouldBlame(404, "subscription-not-found");
        (await _api.Get(subscription + "x/snapshots")).ShouldBlame(404, "subscription-not-found");
        (await _api.Get(subscription + "/snapshots?tag=a")).ShouldBlame(400, "invalid-request", "?tag");
    }

    private async Task Acknowledge(string subscription, JsonNode message) =>
        Assert.Equal(204, (await _api.Delete($"{subscription}/receipts/{message["receiptHandle"]}")).Status);

    private static string[] Names(Answer page) =>
        [.. page.Json["items"]!.AsArray().Select(static snapshot => (string)snapshot!["name"]!)];
}
