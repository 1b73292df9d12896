using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

/// <summary>Times to live, and times of delivery that change.</summary>
public sealed class ExpiryTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void Nobody_gets_a_message_when_its_time_is_over()
    {
        _harness.CreateQueue();
        Send("short", 1_000);
        Send("long", 60_000);
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal("long", Assert.Single(_harness.Receive()).Body);
        QueueStats stats = _harness.Stats();
        Assert.Equal((1, 0), (stats.ExpiredTotal, stats.Available));
    }

    [Fact]
    public void A_leased_message_may_be_acknowledged_after_its_time_and_never_comes_back()
    {
        _harness.CreateQueue();
        Send("a", 1_000);
        Send("b", 1_000);
        List<Received> leased = _harness.Receive();
        _harness.AdvanceMilliseconds(5_000);
        Assert.Equal([BrokerError.None], _harness.Acknowledge(leased[0].Receipt));
        _harness.Settle(Settlement.Release, 0, leased[1].Receipt);
        Assert.Empty(_harness.Receive());
        Assert.Equal((1, 1), (_harness.Stats().DeletedTotal, _harness.Stats().ExpiredTotal));
    }

    [Fact]
    public void Expiry_happens_when_nobody_polls_and_survives_restarts()
    {
        _harness.CreateQueue();
        for (int i = 0; i < 50; i++) Send($"{i}", 1_000 + (i * 100));
        _harness.KillAndRestart();
        _harness.AdvanceMilliseconds(3_450);
        _harness.Sweep();
        Assert.Equal((25, 25), (_harness.Stats().ExpiredTotal, _harness.Stats().Available));
        ulong hash = _harness.Broker.Shard.StateHash();
        _harness.CutPowerAndRestart(3);
        Assert.Equal(hash, _harness.Broker.Shard.StateHash());
        _harness.AdvanceMilliseconds(10_000);
        Assert.Empty(_harness.Receive());
        Assert.Equal(50, _harness.Stats().ExpiredTotal);
    }

    [Fact]
    public void Expired_messages_go_to_the_dead_letter_queue_where_the_policy_wants_it()
    {
        _harness.CreateQueue("dead");
        _harness.CreateQueue(
            config: new QueueConfig { Redrive = new RedrivePolicy("dead", 3) { IncludeExpired = true } });
        Send("ready", 1_000);
        Send("delayed", 3_000, 2_000);
        _harness.AdvanceMilliseconds(4_000);
        Assert.Empty(_harness.Receive());
        _harness.KillAndRestart();
        _harness.Sweep();
        Assert.Equal(["delayed", "ready"], _harness.ReceiveFrom("dead").Select(static message => message.Body).Order());
        Assert.Equal(2, _harness.Stats().DeadLetteredTotal);
    }

    [Fact]
    public void More_messages_than_one_turn_writes_down_expire_before_anything_is_received()
    {
        _harness.CreateQueue();
        for (int i = 0; i < 25; i++)
        {
            MessageBatch batch = MessageBatch.Rent();
            for (int n = 0; n < 1_000; n++)
                batch.Add(MessageHeaders.None, "x"u8, new SendOptions { TtlMilliseconds = 1_000 });
            Assert.True(_harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Succeeded);
        }

        _harness.Send("stays");
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal("stays", Assert.Single(_harness.Receive(1_000)).Body);
        Assert.Equal(25_000, _harness.Stats().ExpiredTotal);
    }

    [Fact]
    public void A_rescheduled_message_is_delivered_once_at_its_new_time()
    {
        _harness.CreateQueue();
        MessageId id = _harness.Send("a").IdAt(0);
        Received leased = Assert.Single(_harness.Receive());
        Assert.Equal(BrokerError.MessageLeased, Reschedule(id, 1_000).Error);
        _harness.Settle(Settlement.Release, 0, leased.Receipt);
        _harness.Stats();

        // Ready, put off, and ready again: in line twice it would be given twice.
        Assert.True(Reschedule(id, 5_000).Succeeded);
        Assert.Empty(_harness.Receive());
        _harness.KillAndRestart();
        Assert.True(Reschedule(id, 0).Succeeded);
        _harness.Stats();
        Assert.True(Reschedule(id, 1_000).Succeeded);
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal("a", Assert.Single(_harness.Receive()).Body);
        Assert.Equal(1, _harness.Stats().Leased);
    }

    [Fact]
    public void A_message_cannot_be_put_beyond_its_retention_which_counts_from_the_send()
    {
        _harness.CreateQueue(config: new QueueConfig { RetentionSeconds = 60 });
        MessageId id = _harness.Send("a").IdAt(0);
        _harness.AdvanceMilliseconds(50_000);
        Assert.Equal(BrokerError.DelayExceedsRetention, Reschedule(id, 10_000).Error);
        Assert.True(Reschedule(id, 9_999).Succeeded);
    }

    private Result<long> Reschedule(MessageId id, long delay) => _harness.Run(() =>
        _harness.Broker.Reschedule(BrokerHarness.Name(), id, new SendOptions { DelayMilliseconds = delay }));

    private void Send(string body, long ttl, long delay = 0)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(
            MessageHeaders.None, Encoding.UTF8.GetBytes(body),
            new SendOptions { TtlMilliseconds = ttl, DelayMilliseconds = delay });
        Assert.Equal(BrokerError.None, _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Error);
    }
}
