using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Topics;

/// <summary>Leases that came to nothing.</summary>
public sealed class GivenBackTests : IDisposable
{
    private readonly TopicFixture _topic = new();

    public GivenBackTests() => _topic.CreateTopic();

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void A_message_that_is_given_back_comes_again_after_the_delay_as_if_it_had_not_been_handed_out()
    {
        Subscribe();
        _topic.Publish("1", "2");
        Received[] messages = [.. _topic.Receive("hook")];
        Assert.Equal(
            BrokerError.None, GiveBack(5_000, [.. messages.Select(static message => message.Receipt).Reverse()]));
        ulong hash = _topic.Broker.Shard.StateHash();
        _topic.Harness.KillAndRestart();
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
        _topic.Harness.AdvanceMilliseconds(4_999);
        Assert.Empty(_topic.Receive("hook"));
        _topic.Harness.AdvanceMilliseconds(1);
        Assert.Equal([1, 1], _topic.Receive("hook").Select(static message => message.ReceiveCount));
    }

    [Fact]
    public void It_counts_neither_for_the_retry_nor_for_the_redrive_policy()
    {
        _topic.Harness.CreateQueue("dead");
        Subscribe(new QueueConfig
        {
            Redrive = new RedrivePolicy("dead", 1), Retry = new RetryPolicy { Kind = RetryKind.Fixed, MinSeconds = 9 },
        });
        _topic.Publish("1");
        GiveBack(0, Assert.Single(_topic.Receive("hook")).Receipt);
        _topic.Harness.Sweep();
        Assert.Empty(_topic.Harness.ReceiveFrom("dead"));
        Assert.Equal("1", Assert.Single(_topic.Receive("hook")).Body);
    }

    [Fact]
    public void Receipts_that_do_not_hold_are_passed_over()
    {
        Subscribe();
        _topic.Publish("1", "2");
        Received[] messages = [.. _topic.Receive("hook")];
        Assert.Equal(BrokerError.None, _topic.Acknowledge("hook", messages[0].Receipt));
        Assert.Equal(BrokerError.None, GiveBack(0, messages[0].Receipt, messages[1].Receipt, messages[1].Receipt));
        Assert.Equal(messages[1].Body, Assert.Single(_topic.Receive("hook")).Body);
        Assert.Equal(BrokerError.None, GiveBack(0));
    }

    [Fact]
    public void A_webhook_with_ordered_groups_gets_one_message_of_each_group_at_a_time()
    {
        Subscribe(new QueueConfig { Type = QueueType.Fifo });
        foreach (string group in new[] { "g", "h" }) _topic.PublishTo(group, group + "1", group + "2");
        Received[] first = [.. _topic.Receive("hook")];
        Assert.Equal(["g1", "h1"], first.Select(static message => message.Body).Order());
        Assert.Empty(_topic.Receive("hook"));
        foreach (Received message in first) _topic.Acknowledge("hook", message.Receipt);
        Assert.Equal(["g2", "h2"], _topic.Bodies("hook").Order());
    }

    [Fact]
    public void A_relay_whose_queue_is_full_counts_no_deliveries()
    {
        _topic.Harness.CreateQueue("dead");
        _topic.Harness.CreateQueue(config: new QueueConfig { MaxMessages = 1 });
        _topic.Subscribe("copy", new QueueConfig
        {
            Redrive = new RedrivePolicy("dead", 1),
            Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Queue, Destination = "jobs" },
        });
        _topic.Publish("1", "2");
        for (int i = 0; i < 3; i++)
        {
            RelayOutcome outcome = _topic.Harness.Run(
                () => _topic.Broker.Relay(TopicFixture.Name("copy"), 0, null, CancellationToken.None));
            Assert.Equal(BrokerError.QueueFull, outcome.Error);
            _topic.Harness.Sweep();
        }

        Assert.Empty(_topic.Harness.ReceiveFrom("dead"));
        Assert.Equal(1, _topic.Stats("copy").Available);
    }

    private void Subscribe(QueueConfig? config = null) => _topic.Subscribe("hook", (config ?? new QueueConfig()) with
    {
        Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Webhook, Destination = "{}" },
    });

    private BrokerError GiveBack(long milliseconds, params ReceiptHandle[] receipts) =>
        _topic.Harness.Run(() => _topic.Broker.GiveBack(TopicFixture.Name("hook"), receipts, milliseconds));
}
