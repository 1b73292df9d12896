using System.Text;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Topics;

public sealed class DeliveryTests : IDisposable
{
    private readonly TopicFixture _topic = new();

    public DeliveryTests() => _topic.CreateTopic();

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void A_delivered_message_is_done_with_and_its_attempt_is_kept()
    {
        Subscribe();
        _topic.Publish("1");
        Received message = Assert.Single(_topic.Receive("hook"));
        Assert.Equal(default, Report(message, DeliveryResult.Delivered));
        _topic.Harness.KillAndRestart();
        Assert.Empty(_topic.Receive("hook"));
        KeptAttempt attempt = Assert.Single(Attempts());
        Assert.Equal(
            ("details", DeliveryResult.Delivered, 1),
            (Encoding.UTF8.GetString(attempt.Details.Span), attempt.Result, attempt.Number));
        Assert.Equal(message.Id.SequenceNumber, attempt.Delivery.SequenceNumber);
    }

    [Fact]
    public void A_failed_one_comes_again_after_its_delay_also_over_a_restart()
    {
        Subscribe();
        _topic.Publish("1");
        Report(Assert.Single(_topic.Receive("hook")), DeliveryResult.Retry, 5_000);
        _topic.Harness.KillAndRestart();
        _topic.Harness.AdvanceMilliseconds(4_999);
        Assert.Empty(_topic.Receive("hook"));
        _topic.Harness.AdvanceMilliseconds(1);
        Assert.Equal(2, Assert.Single(_topic.Receive("hook")).ReceiveCount);
    }

    [Fact]
    public void After_the_last_attempt_a_message_is_given_up_or_goes_to_the_dead_letter_queue()
    {
        Subscribe();
        _topic.Publish("1");
        Report(Assert.Single(_topic.Receive("hook")), DeliveryResult.Exhausted);
        Assert.Equal(1, _topic.Stats("hook").AbandonedTotal);
        Assert.Empty(_topic.Receive("hook"));
        _topic.Harness.CreateQueue("dead");
        Subscribe(new QueueConfig { Redrive = new RedrivePolicy("dead", 1) });
        _topic.Publish("2");
        Report(Assert.Single(_topic.Receive("hook")), DeliveryResult.Exhausted);
        _topic.Harness.Sweep();
        Assert.Equal("2", Assert.Single(_topic.Harness.ReceiveFrom("dead")).Body);
    }

    [Fact]
    public void A_receiver_that_is_gone_disables_the_subscription_until_it_is_resumed_and_its_backlog_is_kept()
    {
        Subscribe();
        _topic.Publish("1", "2");
        Assert.Equal("gone", Report(_topic.Receive("hook")[0], DeliveryResult.Gone).Disabled);
        _topic.Harness.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty(_topic.Receive("hook"));
        _topic.Harness.KillAndRestart();
        Assert.Equal("gone", _topic.Stats("hook").DisabledReason);
        Assert.True(_topic.Harness.Run(() => _topic.Broker.Pause(TopicFixture.Name("hook").Address, false)).Succeeded);
        Assert.Null(_topic.Stats("hook").DisabledReason);
        Assert.Equal(["1", "2"], _topic.Bodies("hook").Order());
    }

    [Fact]
    public void Five_days_without_a_success_disable_a_subscription_and_one_success_starts_the_count_anew()
    {
        _topic.CreateTopic(new QueueConfig { RetentionSeconds = 3_000_000 });
        Subscribe();
        _topic.Publish("1");
        for (int day = 0; day < 5; day++) Assert.Null(Fail().Disabled);
        Report(Assert.Single(_topic.Receive("hook")), DeliveryResult.Delivered);
        _topic.Publish("2");
        for (int day = 0; day < 5; day++) Assert.Null(Fail().Disabled);
        Assert.Equal("failing", Fail().Disabled);
    }

    [Fact]
    public void An_ended_delivery_can_begin_again_and_a_waiting_one_need_not_wait()
    {
        Subscribe();
        _topic.Publish("1", "2", "3");
        List<Received> messages = _topic.Receive("hook");
        foreach (Received message in messages.Take(2)) Report(message, DeliveryResult.Delivered);
        Report(messages[2], DeliveryResult.Retry, 3_600_000);
        long[] all = [.. messages.Select(static message => message.Id.SequenceNumber)];
        Assert.Equal(
            2, _topic.Harness.Run(() => _topic.Broker.Redeliver(TopicFixture.Name("hook"), all[1..])).Value.Count);
        ulong hash = _topic.Broker.Shard.StateHash();
        _topic.Harness.KillAndRestart();
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
        Assert.Equal(["2", "3"], _topic.Bodies("hook").Order());
        Assert.Equal(
            0, _topic.Harness.Run(() => _topic.Broker.Redeliver(TopicFixture.Name("hook"), all[1..])).Value.Count);
    }

    [Fact]
    public void With_ordered_groups_a_message_that_waits_for_its_next_attempt_holds_its_group()
    {
        Subscribe(new QueueConfig { Type = QueueType.Fifo });
        _topic.PublishTo("g", "1");
        _topic.PublishTo("g", "2");
        _topic.PublishTo("h", "3");
        Received first = _topic.Receive("hook", 1)[0];
        string[] others = first.Body == "1" ? ["3"] : ["1"];
        Report(first, DeliveryResult.Retry, 5_000);
        Assert.Equal(others, _topic.Bodies("hook", 1));
    }

    [Fact]
    public void The_newest_attempts_are_kept()
    {
        Subscribe();
        _topic.Publish("1");
        for (int i = 0; i < 50; i++)
        {
            Report(Assert.Single(_topic.Receive("hook")), DeliveryResult.Retry, 1);
            _topic.Harness.AdvanceMilliseconds(1);
        }

        Result<AttemptPage> page =
            _topic.Harness.Run(() => _topic.Broker.Attempts(TopicFixture.Name("hook"), null, 20));
        Assert.Equal(Enumerable.Range(31, 20).Reverse(), page.Value.Attempts.Select(static attempt => attempt.Number));
        page = _topic.Harness.Run(() => _topic.Broker.Attempts(TopicFixture.Name("hook"), page.Value.Next, 40));
        Assert.Equal(Enumerable.Range(1, 30).Reverse(), page.Value.Attempts.Select(static attempt => attempt.Number));
        Assert.Null(page.Value.Next);
    }

    [Fact]
    public void Attempts_are_forgotten_after_a_week()
    {
        _topic.CreateTopic(new QueueConfig { RetentionSeconds = 3_000_000 });
        Subscribe();
        _topic.Publish("1");
        Fail();
        for (int i = 0; i < 200; i++)
        {
            Report(Assert.Single(_topic.Receive("hook")), DeliveryResult.Retry, 1);
            _topic.Harness.AdvanceMilliseconds(1);
        }

        _topic.Harness.Advance(TimeSpan.FromDays(6.5));
        _topic.Harness.Sweep();
        Assert.Equal(200, Kept());
        _topic.Harness.Advance(TimeSpan.FromDays(1));
        _topic.Harness.KillAndRestart();
        _topic.Harness.Sweep();
        Assert.Equal(0, Kept());

        int Kept() => _topic.Harness
            .Run(() => _topic.Broker.Attempts(TopicFixture.Name("hook"), null, 1_000)).Value.Attempts.Count;
    }

    [Fact]
    public void A_topic_can_be_read_from_any_place_and_says_what_was_lost()
    {
        _topic.CreateTopic(new QueueConfig { RetentionSeconds = 60 });
        TopicCursor end = _topic.Harness.Run(() => _topic.Broker.EndOf(TopicFixture.Topic)).Value;
        _topic.Publish("1", "2");
        _topic.PublishTo("g", "3");
        (string[] bodies, TopicCursor next, long lost) = Read(end, 10);
        Assert.Equal(["1", "2", "3"], bodies);
        Assert.Equal(0, lost);
        Assert.True(TopicCursor.TryParse(next.ToString(), out TopicCursor? parsed));
        _topic.Publish("4");
        Assert.Equal(["4"], Read(parsed, 10).Bodies);
        _topic.Harness.Advance(TimeSpan.FromSeconds(61));
        _topic.Harness.Sweep();
        _topic.Publish("5");
        (bodies, _, lost) = Read(end, 10);
        Assert.Equal(["5"], bodies);
        Assert.Equal(4, lost);
    }

    private static QueueConfig Webhook(QueueConfig? config) => (config ?? new QueueConfig()) with
    {
        Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Webhook, Destination = "{}" },
    };

    private void Subscribe(QueueConfig? config = null) => _topic.Subscribe("hook", Webhook(config));

    private DeliveryOutcome Fail()
    {
        DeliveryOutcome outcome = Report(Assert.Single(_topic.Receive("hook")), DeliveryResult.Retry, 1_000);
        _topic.Harness.Advance(TimeSpan.FromDays(1));
        return outcome;
    }

    private DeliveryOutcome Report(Received message, DeliveryResult result, long delay = 0) =>
        _topic.Harness.Run(() => _topic.Broker.Report(
            TopicFixture.Name("hook"),
            new DeliveryReport(
                message.Receipt, message.ReceiveCount, result, delay, Encoding.UTF8.GetBytes("details"))));

    private IReadOnlyList<KeptAttempt> Attempts() =>
        _topic.Harness.Run(() => _topic.Broker.Attempts(TopicFixture.Name("hook"), null, 100)).Value.Attempts;

    private (string[] Bodies, TopicCursor Next, long Lost) Read(TopicCursor from, int max)
    {
        ReceivedMessages messages = _topic.Harness.Run(
            () => _topic.Broker.Read(TopicFixture.Topic, from, max, 0, CancellationToken.None)).Value;
        (TopicCursor next, long lost) = (messages.NextCursor!, messages.Lost);
        return ([.. BrokerHarness.Read(messages).Select(static message => message.Body)], next, lost);
    }
}
