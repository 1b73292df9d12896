using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Topics;

/// <summary>Where subscriptions begin and begin anew, on a clock that the test moves.</summary>
public sealed class SeekTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;
    private readonly Api _api;

    public SeekTests()
    {
        _server = new LiveServer(_time);
        _api = _server.Api;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_subscription_begins_now_at_the_oldest_message_or_at_a_time()
    {
        string topic = await Published();
        string latest = await _api.Subscribe(topic, "latest");
        string earliest = await _api.Subscribe(topic, "earliest", """{"from":"earliest"}""");
        string time = await _api.Subscribe(topic, "time", """{"from":"2026-11-21T10:00:10Z"}""");
        await _api.Publish(topic, "4");
        Assert.Equal(["4"], await _api.Bodies(latest));
        Assert.Equal(["1", "2", "3", "4"], await _api.Bodies(earliest));
        Assert.Equal(["2", "3", "4"], await _api.Bodies(time));
    }

    [Fact]
    public async Task Seeking_back_delivers_again_what_was_acknowledged_and_seeking_on_passes_over()
    {
        string topic = await Published();
        string subscription = await _api.Subscribe(topic, "a", """{"from":"earliest"}""");
        string handle = (string)(await _api.ReceiveOne(subscription))["receiptHandle"]!;
        Assert.Equal(3 - 1, (await _api.Bodies(subscription, "&ack=auto")).Length);
        Answer sought = await _api.Post(subscription + "/seek", """{"time":"2026-11-21T10:00:10Z"}""");
        Assert.Equal((204, "fsync"), (sought.Status, sought.Headers["Message-Durability"]));
        (await _api.Delete($"{subscription}/receipts/{handle}")).ShouldBlame(410, "receipt-expired");
        Assert.Equal(["2", "3"], await _api.Bodies(subscription));
        await _api.Post(subscription + "/seek", """{"to":"earliest"}""");
        Assert.Equal(["1", "2", "3"], await _api.Bodies(subscription));
        await _api.Post(subscription + "/seek", """{"to":"latest"}""");
        await _api.Publish(topic, "4");
        Assert.Equal(["4"], await _api.Bodies(subscription));
    }

    [Fact]
    public async Task A_repeated_seek_with_the_same_idempotency_key_happens_once()
    {
        string topic = await Published();
        string subscription = await _api.Subscribe(topic, "a", """{"from":"earliest"}""");
        string key = "Idempotency-Key: seek-1";
        Assert.Equal(204, (await _api.Post(subscription + "/seek", """{"to":"earliest"}""", key)).Status);
        Assert.Equal(3, (await _api.Bodies(subscription, "&ack=auto")).Length);
        Answer again = await _api.Post(subscription + "/seek", """{"to":"earliest"}""", key);
        Assert.Equal((204, "true"), (again.Status, again.Headers["Idempotent-Replayed"]));
        Assert.Empty(await _api.Bodies(subscription));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("{}", "")]
    [InlineData("""{"to":"earliest","time":"2026-11-21T10:00:10Z"}""", "")]
    [InlineData("""{"to":"middle"}""", "/to")]
    [InlineData("""{"time":"noon"}""", "/time")]
    [InlineData("""{"offset":1}""", "/offset")]
    public async Task A_seek_names_one_place(string? json, string blamed)
    {
        string subscription = await _api.Subscribe(await _api.NewTopic(), "a");
        (await _api.Post(subscription + "/seek", json)).ShouldBlame(400, "invalid-request", blamed);
        (await _api.Post(subscription + "x/seek", """{"to":"latest"}""")).ShouldBlame(404, "subscription-not-found");
    }

    [Fact]
    public async Task A_message_that_is_not_acknowledged_in_time_is_delivered_again()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a", """{"visibilityTimeoutSeconds":30}""");
        await _api.Publish(topic, "1");
        Assert.Equal(["1"], await _api.Bodies(subscription));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(2, (int)(await _api.ReceiveOne(subscription))["receiveCount"]!);
    }

    /// <summary>"1" at 10:00:00, "2" and "3" at 10:00:10.</summary>
    private async Task<string> Published()
    {
        string topic = await _api.NewTopic();
        await _api.Publish(topic, "1");
        _time.Advance(TimeSpan.FromSeconds(10));
        await _api.Publish(topic, "2", "3");
        return topic;
    }
}
