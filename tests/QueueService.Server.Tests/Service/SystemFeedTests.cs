using System.Text;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.Service;
using QueueService.Testing;

namespace QueueService.Server.Tests.Service;

/// <summary>The ring and its readers, without a server.</summary>
public sealed class SystemFeedTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
    private readonly SystemFeed _feed;

    public SystemFeedTests() => _feed = new SystemFeed(_time, maxReaders: 2);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _feed.DisposeAsync().AsTask();

    [Fact]
    public void A_reader_gets_what_happens_from_now_on()
    {
        Publish("before");
        FeedReader reader = _feed.Join(null);
        Assert.Equal("", Take(reader));
        Assert.False(reader.News.Task.IsCompleted);
        Publish("a", "b");
        Assert.True(reader.News.Task.IsCompleted);
        Assert.Equal(["a", "b"], Queues(Take(reader)));
        Assert.Equal("", Take(reader));
    }

    [Fact]
    public void A_reader_that_comes_back_goes_on_after_the_last_event_that_it_saw()
    {
        FeedReader reader = _feed.Join(null);
        Publish("a", "b", "c");
        string id = Ids(Take(reader))[0];
        Assert.Equal(["b", "c"], Queues(Take(_feed.Join(id))));
        Assert.Equal("", Take(_feed.Join(Ids(Take(_feed.Join(id)))[^1])));
    }

    [Theory]
    [InlineData("0-5")]
    [InlineData("nonsense")]
    public void An_id_of_another_process_is_a_gap_before_what_is_kept(string id)
    {
        Publish("a");
        string text = Take(_feed.Join(id));
        Assert.StartsWith("event: gap\n", text, StringComparison.Ordinal);
        Assert.Equal(["a"], Queues(text));
        Assert.Equal(["a"], Queues(Take(_feed.Join(Ids(text)[0]))));
    }

    [Fact]
    public void A_slow_reader_loses_the_oldest_events_and_is_told_so_once()
    {
        FeedReader reader = _feed.Join(null);
        for (int i = 0; i < Limits.SystemEvents + 5; i++) Publish($"q{i}");
        string first = Take(reader);
        Assert.StartsWith("event: gap\n", first, StringComparison.Ordinal);
        Assert.Equal("q5", Queues(first)[0]);
        List<string> seen = [.. Queues(first)];
        while (reader.News.Task.IsCompleted) seen.AddRange(Queues(Take(reader)));
        Assert.Equal(Limits.SystemEvents, seen.Count);
        Assert.InRange(first.Length, 1, 2 * Limits.ResponseChunk);
    }

    [Fact]
    public void Readers_beyond_the_limit_are_refused_until_one_leaves()
    {
        Assert.True(_feed.TryEnter() && _feed.TryEnter());
        Assert.False(_feed.TryEnter());
        _feed.Leave();
        Assert.True(_feed.TryEnter());
    }

    [Fact]
    public void Every_third_beat_has_the_heartbeat_and_one_without_sums_is_nothing_else()
    {
        FeedReader reader = _feed.Join(null);
        BrokerTotals totals = new(1, 2, 3, 4, 5, 6, 7, 8, _time.GetUtcNow().ToUnixTimeMilliseconds());
        List<string> beats = [];
        for (int i = 0; i < 3; i++)
        {
            _feed.Pulse(totals);
            beats.Add(Take(reader));
        }

        Assert.All(
            beats,
            static beat => Assert.Contains("event: stats\ndata: {\"queues\":1,", beat, StringComparison.Ordinal));
        Assert.Equal(
            [false, false, true], beats.Select(
                static beat => beat.StartsWith(": heartbeat\n\n", StringComparison.Ordinal)));
        _feed.Pulse(null);
        Assert.Equal(": heartbeat\n\n", Take(reader));
    }

    [Fact]
    public void At_the_end_every_reader_gets_what_is_left_and_is_told_to_come_back()
    {
        FeedReader reader = _feed.Join(null);
        Publish("a");
        _feed.Drain();
        Assert.EndsWith("event: drain\ndata: {}\n\n", Take(reader), StringComparison.Ordinal);
        Assert.True(reader.HasEnded);
    }

    private void Publish(params string[] queues)
    {
        foreach (string queue in queues)
        {
            Assert.True(QueueName.TryParse(queue, out QueueName name));
            _feed.Publish(new BrokerEvent(
                BrokerEventKind.Created, name, _time.GetUtcNow().ToUnixTimeMilliseconds()));
        }
    }

    private string Take(FeedReader reader)
    {
        JsonOutput output = JsonOutput.Rent();
        _feed.Take(reader, output);
        string text = Encoding.UTF8.GetString(output.Written.Span);
        output.Return();
        return text;
    }

    private static string[] Queues(string text) =>
        [.. text.Split("\"queue\":\"").Skip(1).Select(static part => part.Split('"')[0])];

    private static string[] Ids(string text) =>
        [.. text.Split("id: ").Skip(1).Select(static part => part.Split('\n')[0])];
}
