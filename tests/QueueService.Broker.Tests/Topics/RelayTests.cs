using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics;

public sealed class RelayTests : IDisposable
{
    private readonly TopicFixture _topic = new();

    public RelayTests()
    {
        _topic.CreateTopic();
        _topic.Harness.CreateQueue();
    }

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void A_queue_gets_a_copy_of_every_message_in_order()
    {
        Relay("copy", "jobs");
        _topic.Publish("1", "2");
        _topic.PublishTo("g", "3");
        Assert.Equal(3, Pass("copy").Copied);
        Assert.Equal(["1", "2", "3"], _topic.Harness.ReceiveFrom("jobs").Select(static m => m.Body).Order());
        Assert.Equal(0, Pass("copy").Copied);
    }

    [Fact]
    public void A_full_queue_takes_what_fits_and_the_rest_when_there_is_room()
    {
        _topic.Harness.CreateQueue(config: new QueueConfig { MaxMessages = 2 });
        Relay("copy", "jobs");
        _topic.Publish("1", "2", "3");
        Assert.Equal(new RelayOutcome(2, BrokerError.QueueFull), Pass("copy"));
        Assert.Equal("The queue jobs is full.", _topic.Stats("copy").BlockedReason);
        foreach (Received message in _topic.Harness.Receive()) _topic.Harness.Acknowledge(message.Receipt);
        Assert.Equal(new RelayOutcome(1, BrokerError.None), Pass("copy"));
        Assert.Equal("3", Assert.Single(_topic.Harness.Receive()).Body);
        Assert.Null(_topic.Stats("copy").BlockedReason);
    }

    [Fact]
    public void A_subscription_whose_queue_is_gone_waits_for_it()
    {
        Relay("copy", "jobs");
        _topic.Publish("1");
        _topic.Harness.Run(() => _topic.Broker.DeleteQueue(BrokerHarness.Name(), Precondition.None));
        Assert.Equal(BrokerError.TargetQueueNotFound, Pass("copy").Error);
        _topic.Harness.CreateQueue();
        Assert.Equal(1, Pass("copy").Copied);
    }

    [Fact]
    public void A_subscription_cannot_name_a_queue_that_does_not_exist() => Assert.Equal(
        BrokerError.TargetQueueNotFound, _topic.TrySubscribe("copy", To("nowhere")).Error);

    [Fact]
    public void A_fifo_topic_keeps_the_order_of_groups_in_a_fifo_queue()
    {
        _topic.Harness.CreateQueue("ordered", new QueueConfig { Type = QueueType.Fifo });
        Relay("copy", "ordered", new QueueConfig { Type = QueueType.Fifo });
        string[] bodies = [.. Enumerable.Range(0, 50).Select(static i => $"{i:d2}")];
        foreach (string body in bodies) _topic.PublishTo("g", body);
        while (Pass("copy").Copied > 0)
        {
        }

        Assert.Equal(bodies, _topic.Harness.ReceiveFrom("ordered", 100).Select(static m => m.Body));
    }

    /// <summary>Each life ends in the middle of a pass, at another turn: what was published is in each of the queues
    /// exactly once, in order.</summary>
    [Fact]
    public void Kills_and_power_cuts_in_the_middle_of_a_fan_out_lose_and_double_nothing()
    {
        var random = new SeededRandom(4711);
        string[] queues = [.. Enumerable.Range(0, 20).Select(static i => $"q{i}")];
        foreach (string queue in queues)
        {
            _topic.Harness.CreateQueue(queue);
            Relay(queue, queue);
        }

        int published = 0;
        for (int life = 0; life < 60; life++)
        {
            int count = random.Next(5);
            for (int i = 0; i < count; i++) _topic.Publish($"{published++}");
            var passes = queues.Select(queue => BrokerHarness.Begin(
                () => _topic.Broker.Relay(TopicFixture.Name(queue), 0, null, CancellationToken.None))).ToList();
            for (int turns = random.Next(4); turns > 0; turns--) _topic.Harness.Turn();
            if (random.Next(2) == 0) _topic.Harness.KillAndRestart();
            else _topic.Harness.CutPowerAndRestart((ulong)life);
            foreach (string queue in queues)
                _topic.Harness.Run(() => _topic.Broker.ReleaseAll(TopicFixture.Name(queue)));
            Assert.Equal(queues.Length, passes.Count);
        }

        foreach (string queue in queues)
        {
            while (Pass(queue).Copied > 0)
            {
            }

            Assert.Equal(
                Enumerable.Range(0, published).Select(static i => $"{i}"),
                _topic.Harness.ReceiveFrom(queue, 1_000).Select(static m => m.Body));
        }
    }

    private static QueueConfig To(string queue, QueueConfig? config = null) => (config ?? new QueueConfig()) with
    {
        Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Queue, Destination = queue },
    };

    private void Relay(string name, string queue, QueueConfig? config = null) =>
        _topic.Subscribe(name, To(queue, config));

    private RelayOutcome Pass(string name) => _topic.Harness.Run(
        () => _topic.Broker.Relay(TopicFixture.Name(name), 0, null, CancellationToken.None));
}
