using System.Text;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Topics;

public sealed class ReplayTests : IDisposable
{
    private readonly TopicFixture _topic = new();
    private readonly List<long> _times = [];

    public ReplayTests() => _topic.CreateTopic(new QueueConfig { Type = QueueType.Fifo });

    public void Dispose() => _topic.Dispose();

    [Theory]
    [InlineData(QueueType.Standard)]
    [InlineData(QueueType.Fifo)]
    public void What_was_published_in_a_time_is_delivered_again_and_nothing_else(QueueType type)
    {
        _topic.Subscribe("a", new QueueConfig { Type = type });
        Publish(6);
        AcknowledgeAll("a", 6);
        Publish(2);
        Assert.False(Begin("a", _times[2], _times[4]).IsCompleted);
        Assert.Equal(5, _topic.Stats("a").Available);
        Assert.Equal(["2", "3", "4", "6", "7"], Deliver("a").Select(static one => one.Body));
        Assert.True(Get("a")!.IsCompleted);
        Assert.Empty(Deliver("a"));
    }

    [Fact]
    public void Only_messages_of_the_replay_are_marked()
    {
        _topic.Subscribe("a");
        Publish(4);
        AcknowledgeAll("a", 4);
        Begin("a", _times[1], until: null);
        Publish(1);
        Assert.Equal(
            [("1", true), ("2", true), ("3", true), ("4", false)], Deliver("a").Select(
                static one => (one.Body, one.IsReplayed)));
        Assert.Equal(_times[1], Get("a")!.Request.From);
    }

    [Fact]
    public void What_waited_and_was_leased_before_the_replay_is_still_delivered()
    {
        _topic.Subscribe("a");
        Publish(6);
        List<Received> leased = _topic.Receive("a", 3);
        _topic.Acknowledge("a", leased[1].Receipt);
        Begin("a", _times[5], until: null);
        Assert.Equal(["0", "2", "3", "4", "5"], Deliver("a").Select(static one => one.Body));
        Begin("a", _times[0], _times[1]);
        Assert.Equal(["0", "1"], Deliver("a").Select(static one => one.Body));
    }

    [Fact]
    public void A_replay_goes_on_after_a_kill_and_a_restart()
    {
        _topic.Subscribe("a", new QueueConfig { Type = QueueType.Fifo });
        Publish(6);
        AcknowledgeAll("a", 6);
        ReplayState begun = Begin("a", _times[1], _times[3]);
        AcknowledgeAll("a", 1);
        ulong hash = _topic.Broker.Shard.StateHash();
        _topic.Harness.KillAndRestart();
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
        _topic.Harness.CloseAndRestart();
        Assert.Equal(begun, Get("a"));
        Assert.Equal([("2", true), ("3", true)], Deliver("a").Select(static one => (one.Body, one.IsReplayed)));
        Assert.True(Get("a")!.IsCompleted);
    }

    [Fact]
    public void A_replay_that_is_ended_delivers_no_more_of_it()
    {
        _topic.Subscribe("a", new QueueConfig { Type = QueueType.Fifo });
        Publish(4);
        AcknowledgeAll("a", 4);
        Begin("a", _times[0], until: null);
        AcknowledgeAll("a", 1);
        Publish(1);
        Assert.Equal(BrokerError.None, _topic.Harness.Run(() => _topic.Broker.EndReplay(TopicFixture.Name("a"))));
        Assert.Null(Get("a"));
        Assert.Equal([("4", false)], Deliver("a").Select(static one => (one.Body, one.IsReplayed)));
    }

    [Fact]
    public void The_filter_holds_for_a_replay()
    {
        _topic.Subscribe("a", new QueueConfig
        {
            Subscription = new SubscriptionConfig { Filter = """{"scope":"body","policy":{"n":[1,3]}}""" },
        });
        for (int i = 0; i < 5; i++) PublishAt($$"""{"n":{{i}}}""");
        AcknowledgeAll("a", 2);
        Assert.Empty(Deliver("a"));
        Begin("a", _times[2], until: null);
        Assert.Equal(["""{"n":3}"""], Deliver("a").Select(static one => one.Body));
        Assert.True(Get("a")!.IsCompleted);
    }

    [Fact]
    public void A_seek_ends_a_replay()
    {
        _topic.Subscribe("a");
        Publish(2);
        Begin("a", _times[0], until: null);
        Assert.True(_topic.Harness.Run(() => _topic.Broker.Seek(TopicFixture.Name("a"), long.MaxValue)).Succeeded);
        Assert.Null(Get("a"));
    }

    [Fact]
    public void Only_subscriptions_have_replays()
    {
        Assert.Equal(
            BrokerError.SubscriptionNotFound,
            _topic.Harness.Run(() => _topic.Broker.BeginReplay(TopicFixture.Name("a"),
                new ReplayRequest(0, null))).Error);
        Assert.Equal(
            BrokerError.SubscriptionNotFound,
            _topic.Harness.Run(() => _topic.Broker.GetReplay(TopicFixture.Name("a"))).Error);
    }

    private ReplayState Begin(string name, long from, long? until)
    {
        Result<ReplayState> result = _topic.Harness.Run(() =>
            _topic.Broker.BeginReplay(TopicFixture.Name(name), new ReplayRequest(from, until)));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value;
    }

    private ReplayState? Get(string name) =>
        _topic.Harness.Run(() => _topic.Broker.GetReplay(TopicFixture.Name(name))).Value;

    /// <summary>Each a second after the one before, in one group.</summary>
    private void Publish(int count)
    {
        for (int i = 0; i < count; i++) PublishAt($"{_times.Count}");
    }

    private void PublishAt(string body)
    {
        _topic.Harness.AdvanceMilliseconds(1_000);
        _times.Add(_topic.PublishTo("g", body).SentAt);
    }

    private void AcknowledgeAll(string name, int count)
    {
        List<Received> messages = _topic.Receive(name, count);
        Assert.Equal(count, messages.Count);
        foreach (Received message in messages)
            Assert.Equal(BrokerError.None, _topic.Acknowledge(name, message.Receipt));
    }

    /// <summary>Receives and acknowledges all that there is.</summary>
    private List<(string Body, bool IsReplayed)> Deliver(string name)
    {
        var request = new ReceiveRequest { Max = 100, WaitMilliseconds = 0, AcknowledgeOnReceipt = true };
        var delivered = new List<(string Body, bool IsReplayed)>();
        using ReceivedMessages messages = _topic.Harness.Run(() =>
            _topic.Broker.Receive(TopicFixture.Name(name).Address, request, CancellationToken.None)).Value;
        for (int i = 0; i < messages.Count; i++)
        {
            Assert.True(messages.TryRead(i, out MessageView view));
            delivered.Add((Encoding.UTF8.GetString(view.Body), view.IsReplayed));
        }

        return delivered;
    }
}
