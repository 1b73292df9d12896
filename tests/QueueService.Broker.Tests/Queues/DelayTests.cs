using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class DelayTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_delayed_message_is_delivered_not_one_millisecond_early()
    {
        _harness.CreateQueue();
        _harness.TrySend("a", 1_234);
        Assert.Equal(1, _harness.Stats().Delayed);
        _harness.AdvanceMilliseconds(1_233);
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(1);
        Assert.Equal(1, Assert.Single(_harness.Receive()).ReceiveCount);
    }

    [Fact]
    public void A_time_of_delivery_takes_the_place_of_the_queues_delay_and_survives_a_restart()
    {
        _harness.CreateQueue(config: new QueueConfig { DelaySeconds = 10 });
        long now = _harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(MessageHeaders.None, "at once"u8, new SendOptions { DeliverAt = now - 1 });
        batch.Add(MessageHeaders.None, "in a minute"u8, new SendOptions { DeliverAt = now + 60_000 });
        Assert.Equal(BrokerError.None, _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Error);
        Assert.Equal("at once", Assert.Single(_harness.Receive(auto: true)).Body);
        _harness.KillAndRestart();
        _harness.AdvanceMilliseconds(59_999);
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(1);
        Assert.Equal("in a minute", Assert.Single(_harness.Receive()).Body);
    }

    [Fact]
    public void The_delay_of_the_queue_applies_to_messages_that_name_none()
    {
        _harness.CreateQueue(config: new QueueConfig { DelaySeconds = 10 });
        _harness.TrySend("late");
        _harness.TrySend("now", 0);
        Assert.Equal("now", Assert.Single(_harness.Receive()).Body);
        _harness.AdvanceMilliseconds(10_000);
        Assert.Equal("late", Assert.Single(_harness.Receive()).Body);
    }

    [Fact]
    public void Delayed_messages_survive_a_power_cut_and_come_in_the_order_of_their_times()
    {
        _harness.CreateQueue();
        for (int i = 0; i < 100; i++) _harness.TrySend($"{i}", 1_000 + ((i * 37) % 100));
        _harness.CutPowerAndRestart(3);
        _harness.AdvanceMilliseconds(999);
        for (int i = 0; i < 100; i++)
        {
            Assert.Empty(_harness.Receive());
            _harness.AdvanceMilliseconds(1);
            Assert.Equal(i, (int.Parse(Assert.Single(_harness.Receive(2)).Body) * 37) % 100);
        }
    }

    [Fact]
    public void A_delay_beyond_the_retention_is_refused()
    {
        _harness.CreateQueue(config: new QueueConfig { RetentionSeconds = 60 });
        Assert.Equal(BrokerError.DelayExceedsRetention, _harness.TrySend("a", 60_000).Error);
        Assert.Equal(BrokerError.None, _harness.TrySend("a", 59_999).Error);
    }

    [Fact]
    public void Many_delayed_messages_in_front_cost_a_receive_nothing()
    {
        _harness.CreateQueue();
        for (int i = 0; i < 300; i++) _harness.TrySend("delayed", 1_000_000);
        MessageQueue queue = _harness.Broker.Shard.FindQueue(BrokerHarness.Name())!;
        Assert.Equal(300, queue.Main.Next);
        _harness.Send("now");
        for (int i = 0; i < 300; i++) _harness.TrySend("delayed", 1_000_000);
        Assert.Equal("now", Assert.Single(_harness.Receive()).Body);
        Assert.Equal(601, queue.Main.Next);
        Assert.Equal(600, _harness.Stats().Delayed);
    }
}
