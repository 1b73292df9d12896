using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Topics;

public sealed class PullSubscriptionTests : IDisposable
{
    private readonly TopicFixture _topic = new();

    public PullSubscriptionTests() => _topic.CreateTopic();

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void Every_subscription_receives_every_message_once()
    {
        _topic.Subscribe("a");
        _topic.Subscribe("b");
        _topic.Publish("1", "2");
        Assert.Equal(["1", "2"], _topic.Bodies("a"));
        Assert.Equal(["1", "2"], _topic.Bodies("b"));
        Assert.Empty(_topic.Bodies("a"));
    }

    [Fact]
    public void A_message_has_the_same_id_for_every_subscription()
    {
        _topic.Subscribe("a");
        _topic.Subscribe("b");
        SendOutcome published = _topic.Publish("1");
        var id = new MessageId(published.Queue, published.FirstSequenceNumber);
        Assert.Equal(id, Assert.Single(_topic.Receive("a")).Id);
        Assert.Equal(id, Assert.Single(_topic.Receive("b")).Id);
    }

    [Fact]
    public void A_receipt_of_one_subscription_is_worth_nothing_at_another()
    {
        _topic.Subscribe("a");
        _topic.Subscribe("b");
        _topic.Publish("1");
        Received message = Assert.Single(_topic.Receive("a"));
        Assert.Equal(BrokerError.ReceiptInvalid, _topic.Acknowledge("b", message.Receipt));
        Assert.Equal(BrokerError.None, _topic.Acknowledge("a", message.Receipt));
        Assert.Equal(BrokerError.ReceiptExpired, _topic.Acknowledge("a", message.Receipt));
    }

    [Fact]
    public void A_subscription_begins_at_the_end_unless_it_says_otherwise()
    {
        _topic.Publish("1");
        _topic.Harness.AdvanceMilliseconds(10_000);
        long time = _topic.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _topic.Publish("2");
        _topic.Subscribe("latest");
        _topic.Subscribe("earliest", From(SubscriptionConfig.Earliest));
        _topic.Subscribe("time", From("2026-11-21T12:00:10Z"), time);
        _topic.Publish("3");
        Assert.Equal(["3"], _topic.Bodies("latest"));
        Assert.Equal(["1", "2", "3"], _topic.Bodies("earliest"));
        Assert.Equal(["2", "3"], _topic.Bodies("time"));
    }

    [Fact]
    public void A_message_that_is_not_acknowledged_in_time_is_delivered_again_and_an_acknowledged_one_never()
    {
        _topic.Subscribe("a");
        _topic.Publish("1", "2");
        List<Received> first = _topic.Receive("a");
        _topic.Acknowledge("a", first[0].Receipt);
        _topic.Harness.Advance(TimeSpan.FromSeconds(31));
        Received again = Assert.Single(_topic.Receive("a"));
        Assert.Equal("2", again.Body);
        Assert.Equal(2, again.ReceiveCount);
    }

    [Fact]
    public void What_was_acknowledged_stays_so_over_kills_and_power_cuts()
    {
        _topic.Subscribe("a");
        _topic.Subscribe("b");
        _topic.Publish([.. Enumerable.Range(0, 300).Select(static i => $"{i}")]);
        foreach (Received message in _topic.Receive("a", 100)) _topic.Acknowledge("a", message.Receipt);
        _topic.Receive("a", 1);
        ulong hash = _topic.Broker.Shard.StateHash();
        _topic.Harness.KillAndRestart();
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
        _topic.Harness.CutPowerAndRestart(1);
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
        Assert.Equal("101", Assert.Single(_topic.Receive("a", 1)).Body);
        Assert.Equal("0", Assert.Single(_topic.Receive("b", 1)).Body);
    }

    [Fact]
    public void Messages_on_disk_are_delivered_after_a_restart()
    {
        _topic.Subscribe("a");
        string[] bodies = [.. Enumerable.Range(0, 2_000).Select(static i => $"{i:d100}")];
        foreach (string[] some in bodies.Chunk(100)) _topic.Publish(some);
        _topic.Harness.CloseAndRestart();
        _topic.Publish("last");
        List<string> received = [];
        while (_topic.Bodies("a", 500) is { Length: > 0 } some) received.AddRange(some);
        Assert.Equal([.. bodies, "last"], received);
    }

    [Fact]
    public void A_waiting_receive_is_answered_by_the_publish()
    {
        _topic.Subscribe("a");
        Task<Result<ReceivedMessages>> waiting = BrokerHarness.Begin(() => _topic.Broker.Receive(
            TopicFixture.Name("a").Address, new ReceiveRequest { Max = 1, WaitMilliseconds = 10_000 },
            CancellationToken.None));
        _topic.Harness.Turn();
        Assert.False(waiting.IsCompleted);
        _topic.Publish("1");
        Assert.Equal("1", Assert.Single(BrokerHarness.Read(BrokerHarness.Answer(waiting).Value)).Body);
    }

    [Fact]
    public void What_the_topic_does_not_keep_long_enough_is_counted_as_missed()
    {
        _topic.CreateTopic(new QueueConfig { RetentionSeconds = 60 });
        _topic.Subscribe("slow");
        _topic.Subscribe("fast");
        _topic.Publish("1", "2", "3");
        foreach (Received message in _topic.Receive("fast")) _topic.Acknowledge("fast", message.Receipt);
        Received leased = Assert.Single(_topic.Receive("slow", 1));
        _topic.Harness.Advance(TimeSpan.FromSeconds(61));
        _topic.Publish("4");
        _topic.Harness.Sweep();
        Assert.Equal(3, _topic.Stats("slow").MissedTotal);
        Assert.Equal(0, _topic.Stats("fast").MissedTotal);
        Assert.Equal(BrokerError.ReceiptExpired, _topic.Acknowledge("slow", leased.Receipt));
        Assert.Equal(["4"], _topic.Bodies("slow"));
    }

    [Fact]
    public void Seeking_back_delivers_what_was_acknowledged_and_seeking_on_passes_over()
    {
        _topic.Subscribe("a");
        long start = _topic.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _topic.Publish("1", "2");
        Received first = _topic.Receive("a")[0];
        _topic.Acknowledge("a", first.Receipt);
        Assert.Equal(
            BrokerError.None, _topic.Harness.Run(() => _topic.Broker.Seek(TopicFixture.Name("a"), start)).Error);
        Assert.Equal(BrokerError.ReceiptExpired, _topic.Acknowledge("a", first.Receipt));
        Assert.Equal(["1", "2"], _topic.Bodies("a"));
        _topic.Harness.Run(() => _topic.Broker.Seek(TopicFixture.Name("a"), long.MaxValue));
        _topic.Publish("3");
        Assert.Equal(["3"], _topic.Bodies("a"));
    }

    [Fact]
    public void With_ordered_groups_a_group_waits_for_its_leased_message_and_the_rest_flows()
    {
        _topic.Subscribe("a", new QueueConfig { Type = QueueType.Fifo });
        _topic.PublishTo("x", "x1", "x2");
        _topic.PublishTo("y", "y1");
        _topic.PublishTo(null, "free1", "free2");
        Received leased = Assert.Single(_topic.Receive("a", 1));
        Assert.Equal("x1", leased.Body);
        Assert.Equal(["free1", "free2", "y1"], _topic.Bodies("a").Order());
        _topic.Acknowledge("a", leased.Receipt);
        Assert.Equal(["x2"], _topic.Bodies("a"));
    }

    [Fact]
    public void A_fifo_topic_drops_repeated_messages()
    {
        _topic.Harness.Run(() => _topic.Broker.DeleteTopic(TopicFixture.Topic, Precondition.None));
        _topic.CreateTopic(new QueueConfig { Type = QueueType.Fifo, ContentBasedDeduplication = true });
        _topic.Subscribe("a");
        _topic.Subscribe("ordered", new QueueConfig { Type = QueueType.Fifo });
        _topic.PublishTo("g", "1");
        _topic.PublishTo("g", "1", "2");
        Assert.Equal(["1", "2"], _topic.Bodies("a"));
        Assert.Equal(["1", "2"], _topic.Bodies("ordered"));
    }

    [Fact]
    public void A_message_that_fails_too_often_goes_to_the_dead_letter_queue_also_when_nobody_polls()
    {
        _topic.Harness.CreateQueue("dead");
        _topic.Subscribe("a", new QueueConfig { Redrive = new RedrivePolicy("dead", 1) });
        _topic.Subscribe("b");
        _topic.Publish("1");
        _topic.Receive("a", visibility: 1_000);
        _topic.Harness.AdvanceMilliseconds(1_001);
        _topic.Harness.Sweep();
        Assert.Equal("1", Assert.Single(_topic.Harness.ReceiveFrom("dead")).Body);
        Assert.Empty(_topic.Receive("a"));
        Assert.Equal(["1"], _topic.Bodies("b"));
    }

    [Fact]
    public void Deleting_a_topic_deletes_its_subscriptions_and_the_names_can_be_used_again()
    {
        _topic.Subscribe("a");
        _topic.Publish("1");
        Assert.Equal(
            BrokerError.None, _topic.Harness.Run(
                () => _topic.Broker.DeleteTopic(TopicFixture.Topic, Precondition.None)));
        Assert.Equal(BrokerError.TopicNotFound, _topic.TrySubscribe("a").Error);
        _topic.CreateTopic();
        _topic.Subscribe("a", From(SubscriptionConfig.Earliest));
        Assert.Empty(_topic.Receive("a"));
        _topic.Harness.KillAndRestart();
        _topic.Publish("2");
        Assert.Equal(["2"], _topic.Bodies("a"));
    }

    [Fact]
    public void Queues_topics_and_subscriptions_have_names_of_their_own()
    {
        _topic.Harness.CreateQueue("orders");
        _topic.Harness.CreateQueue("orders-2");
        _topic.Subscribe("orders");
        Assert.Equal(["orders", "orders-2"], Names(_topic.Harness.Run(() => _topic.Broker.ListQueues("", null, 10))));
        Assert.Equal(["orders/"], Names(_topic.Harness.Run(() => _topic.Broker.ListTopics("", null, 10))));
        Assert.Equal(
            ["orders/orders"],
            Names(_topic.Harness.Run(() => _topic.Broker.ListSubscriptions(TopicFixture.Topic, "", null, 10))));
    }

    [Fact]
    public void A_topic_of_a_weaker_level_goes_on_after_a_power_cut_and_gives_no_place_twice()
    {
        _topic.Harness.Run(() => _topic.Broker.DeleteTopic(TopicFixture.Topic, Precondition.None));
        _topic.CreateTopic(new QueueConfig { Durability = Durability.Memory });
        _topic.Subscribe("a");
        _topic.Publish("1", "2");
        SendOutcome before = _topic.Publish("3");
        _topic.Receive("a", 1);
        _topic.Harness.CutPowerAndRestart(7);
        SendOutcome after = _topic.Publish("4");
        Assert.True(after.FirstSequenceNumber > before.FirstSequenceNumber);
        Assert.Equal("4", _topic.Bodies("a")[^1]);
        ulong hash = _topic.Broker.Shard.StateHash();
        _topic.Harness.KillAndRestart();
        _topic.Publish("5");
        Assert.Equal("5", _topic.Bodies("a")[^1]);
        Assert.NotEqual(0UL, hash);
    }

    [Fact]
    public void Delays_times_to_live_and_priorities_are_refused()
    {
        MessageBatch batch = BrokerHarness.DelayedBatch("1", 1_000);
        Assert.Equal(
            BrokerError.OptionNotForTopics,
            _topic.Harness.Run(() => _topic.Broker.Publish(TopicFixture.Topic, batch)).Error);
    }

    private static QueueConfig From(string from) => new() { Subscription = new SubscriptionConfig { From = from } };

    private static string[] Names(Result<QueuePage> page) =>
        [.. page.Value.Queues.Select(static queue => queue.Name.Value)];
}
