using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class RetryPolicyTests : IDisposable
{
    private static readonly RetryPolicy Exponential = new() { Kind = RetryKind.Exponential, MaxSeconds = 5 };

    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void Delays_grow_by_the_factor_up_to_the_maximum()
    {
        Assert.Equal(
            [1_000, 2_000, 4_000, 5_000, 5_000], Enumerable.Range(1, 5).Select(
                n => Exponential.DelayMilliseconds(n, 0)));
        var slow = Exponential with { FactorThousandths = 1_500, MaxSeconds = 100 };
        Assert.Equal([1_000, 1_500, 2_250], Enumerable.Range(1, 3).Select(n => slow.DelayMilliseconds(n, 0)));
        Assert.Equal(5_000, Exponential.DelayMilliseconds(1_000, 0));
    }

    [Fact]
    public void A_fixed_delay_stays_the_same()
    {
        var policy = new RetryPolicy { Kind = RetryKind.Fixed, MinSeconds = 7 };
        Assert.Equal([7_000, 7_000], Enumerable.Range(1, 2).Select(n => policy.DelayMilliseconds(n, 0)));
    }

    [Fact]
    public void Jitter_spreads_a_delay_to_both_sides_and_not_further()
    {
        var policy = new RetryPolicy { Kind = RetryKind.Fixed, MinSeconds = 10, JitterThousandths = 200 };
        Assert.Equal(8_000, policy.DelayMilliseconds(1, 0));
        Assert.Equal(10_000, policy.DelayMilliseconds(1, 1UL << 63));
        Assert.InRange(policy.DelayMilliseconds(1, ulong.MaxValue), 11_999, 12_000);
    }

    [Fact]
    public void An_expired_lease_is_followed_by_the_delay_counted_from_its_end()
    {
        Create(Exponential);
        _harness.Send("a");
        Assert.Single(_harness.Receive(visibility: 1_000));
        _harness.AdvanceMilliseconds(1_999);
        Assert.Empty(_harness.Receive());
        Assert.Equal(1, _harness.Stats().Delayed);
        _harness.AdvanceMilliseconds(1);
        Assert.Equal(2, Assert.Single(_harness.Receive(visibility: 1_000)).ReceiveCount);

        // Noticed long after it ended: the delay is over as well.
        _harness.AdvanceMilliseconds(100_000);
        Assert.Equal(3, Assert.Single(_harness.Receive(visibility: 1_000)).ReceiveCount);
        _harness.AdvanceMilliseconds(4_999);
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(1);
        Assert.Single(_harness.Receive());
    }

    [Fact]
    public void A_release_takes_the_policys_delay_unless_it_names_one()
    {
        Create(Exponential);
        _harness.Send("a", "b");
        List<Received> received = _harness.Receive();
        Release(null, received[0]);
        Release(500, received[1]);
        _harness.AdvanceMilliseconds(500);
        Assert.Equal("b", Assert.Single(_harness.Receive()).Body);
        _harness.AdvanceMilliseconds(499);
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(1);
        Assert.Equal("a", Assert.Single(_harness.Receive()).Body);
    }

    [Fact]
    public void A_waiting_receive_gets_the_message_when_its_delay_is_over()
    {
        Create(Exponential);
        _harness.Send("a");
        Assert.Single(_harness.Receive(visibility: 1_000));
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(60_000);
        foreach (int step in (int[])[1_000, 999])
        {
            _harness.AdvanceMilliseconds(step);
            _harness.Turn();
            Assert.False(waiting.IsCompleted);
        }

        _harness.AdvanceMilliseconds(1);
        _harness.Turn();
        Assert.True(waiting.IsCompleted);
    }

    [Fact]
    public void A_delay_survives_a_power_cut_and_one_that_was_not_noticed_before_begins_at_the_leases_end()
    {
        Create(Exponential);
        _harness.Send("noticed", "unnoticed");
        List<Received> received = _harness.Receive(visibility: 1_000);
        Release(null, received[0]);
        _harness.CutPowerAndRestart(3);
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal("noticed", Assert.Single(_harness.Receive()).Body);
        _harness.AdvanceMilliseconds(999);
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(1);
        Assert.Equal("unnoticed", Assert.Single(_harness.Receive()).Body);
    }

    [Fact]
    public void A_policy_that_is_taken_away_no_longer_delays_what_failed()
    {
        Create(Exponential);
        _harness.Send("a");
        Assert.Single(_harness.Receive(visibility: 1_000));
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal(1, _harness.Stats().Blocked);
        _harness.CreateQueue();
        Assert.Equal(1, _harness.Stats().Available);
        Assert.Single(_harness.Receive());
    }

    private void Create(RetryPolicy policy) => _harness.CreateQueue(config: new QueueConfig { Retry = policy });

    private void Release(long? delay, Received message)
    {
        Result<SettleOutcome> result = _harness.Run(() =>
            _harness.Broker.Settle(BrokerHarness.Name(), Settlement.Release, [message.Receipt], delay));
        Assert.Equal([BrokerError.None], result.Value.Errors);
    }
}
