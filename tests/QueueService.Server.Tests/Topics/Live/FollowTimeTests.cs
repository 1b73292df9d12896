using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Topics.Live;

/// <summary>What happens by time alone, on a clock that the test moves.</summary>
public sealed class FollowTimeTests : IAsyncLifetime
{
    private const int MaxReaders = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;

    public FollowTimeTests() => _server = new LiveServer(_time, $"Limits:MaxTopicReaders={MaxReaders}");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_reader_hears_a_heartbeat_after_15_seconds_without_an_event()
    {
        string topic = await _server.Api.NewTopic();
        using TopicFollower reader = await Open(topic);
        Assert.Equal("heartbeat", (await ReadWhileTimePasses(reader))[""]);
        _time.Advance(TimeSpan.FromSeconds(14));
        await _server.Api.Publish(topic, "1");
        Assert.Equal("1", (string)(await reader.Next())["body"]!);
        _time.Advance(TimeSpan.FromSeconds(14));
        await _server.Api.Publish(topic, "2");
        Assert.Equal("2", (string)JsonNode.Parse((await reader.Read())!["data"])!["body"]!);
        Assert.Equal("heartbeat", (await ReadWhileTimePasses(reader))[""]);
    }

    [Fact]
    public async Task The_heartbeat_of_a_reader_whose_filter_has_skipped_something_is_an_id()
    {
        string topic = await _server.Api.NewTopic();
        using TopicFollower all = await Open(topic);
        using TopicFollower picky = await TopicFollower.Open(
            _server.Http1, $"{topic}/sse?filter={Uri.EscapeDataString("""{"routingKey":"never"}""")}");
        await _server.Api.Publish(topic, "1");
        await all.Next();
        Dictionary<string, string> block;
        do
        {
            // The message may have reached one of them only.
            block = await ReadWhileTimePasses(picky);
        }
        while (!block.ContainsKey("id"));
        Assert.Equal(["id"], block.Keys);
        Assert.Equal(all.LastId, picky.LastId);
    }

    [Fact]
    public async Task Readers_beyond_the_limit_are_refused()
    {
        string topic = await _server.Api.NewTopic();
        TopicFollower[] readers = await Task.WhenAll(Enumerable.Range(0, MaxReaders).Select(_ => Open(topic)));
        (await _server.Api.Get(topic + "/sse")).ShouldBlame(429, "too-many-topic-readers");
        foreach (TopicFollower reader in readers) reader.Dispose();
    }

    [Fact]
    public async Task What_retention_has_taken_is_a_gap_that_is_told_once()
    {
        string topic = await _server.Api.NewTopic("""{"retentionSeconds":60}""");
        string id;
        using (TopicFollower reader = await Open(topic))
        {
            await _server.Api.Publish(topic, "1", "2", "3");
            await reader.Next();
            id = reader.LastId;
            await reader.Bodies(2);
        }

        _time.Advance(TimeSpan.FromSeconds(120));
        await _server.Api.Publish(topic, "4");
        await Expire(topic, 1);
        using (TopicFollower late = await Open(topic, id))
        {
            Assert.Equal(2, (int)(await late.Next("gap"))["lost"]!);
            id = late.LastId;
            Assert.Equal("4", (string)(await late.Next())["body"]!);
        }

        using TopicFollower again = await Open(topic, id);
        Assert.Equal("4", (string)(await again.Next())["body"]!);
        using TopicFollower earliest = await TopicFollower.Open(_server.Http1, topic + "/sse?from=earliest");
        Assert.Equal("4", (string)(await earliest.Next())["body"]!);
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_is_sent_away_and_resumes_with_nothing_lost()
    {
        const int Messages = 40;
        string topic = await _server.Api.NewTopic();
        using Socket stalled = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4_096,
        };
        await stalled.ConnectAsync(IPAddress.Loopback, _server.Http1.Port);
        await stalled.SendAsync(Encoding.ASCII.GetBytes($"GET {topic}/sse HTTP/1.1\r\nHost: x\r\n\r\n"));
        byte[] piece = new byte[4_096];
        string text = "";
        while (!text.Contains("\n\n", StringComparison.Ordinal) || !text.Contains("id: ", StringComparison.Ordinal))
            text += Encoding.ASCII.GetString(piece, 0, await stalled.ReceiveAsync(piece));

        string padding = new('x', 500_000);
        using TopicFollower witness = await Open(topic);
        for (int i = 0; i < Messages; i++)
        {
            await _server.Api.Publish(topic, $"{i} {padding}");
            await witness.Next();
        }

        // With the others there are as many readers as may be: there is room again when the stalled one is gone.
        using TopicFollower third = await Open(topic);
        using TopicFollower fourth = await Open(topic);
        TopicFollower again = await OpenWhenFree(topic, text.Split("id: ")[1].Split('\n')[0]);
        using (again)
        {
            for (int i = 0; i < Messages; i++)
                Assert.StartsWith($"{i} ", (string)(await again.Next())["body"]!, StringComparison.Ordinal);
        }
    }

    /// <summary>A reader that is at work while its time comes hears from the server a second later.</summary>
    private async Task<Dictionary<string, string>> ReadWhileTimePasses(TopicFollower reader)
    {
        Task<Dictionary<string, string>?> reading = reader.Read();
        await _time.AdvanceUntil(reading, TimeSpan.FromSeconds(1));
        return (await reading)!;
    }

    private async Task<TopicFollower> OpenWhenFree(string topic, string id)
    {
        using CancellationTokenSource limit = new(Patience, TimeProvider.System);
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(5));
            if (await TopicFollower.TryOpen(_server.Http1, topic + "/sse", $"Last-Event-ID: {id}") is { } follower)
                return follower;
        }
    }

    private async Task Expire(string topic, int left)
    {
        while ((int)(await _server.Api.Get(topic)).Json["stats"]!["messages"]! != left)
            await _server.Api.Post("/v1/jobs/retention/trigger");
    }

    private Task<TopicFollower> Open(string topic, string? lastId = null) =>
        TopicFollower.Open(_server.Http1, topic + "/sse", lastId is null ? [] : [$"Last-Event-ID: {lastId}"]);
}
