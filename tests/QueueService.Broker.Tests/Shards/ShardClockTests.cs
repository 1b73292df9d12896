using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Shards;

public sealed class ShardClockTests
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_jump_of_the_wall_clock_is_made_up_for_slowly_and_reported(int hours)
    {
        var clock = new ShardClock(_time, 0);
        long start = clock.Advance();
        _time.JumpWallClock(TimeSpan.FromHours(hours));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(start + 10_000 + (hours * 1_000), clock.Advance());
        Assert.True(clock.IsFarOff);
        for (int i = 0; i < 11; i++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            long before = start;
            start = clock.Advance();
            Assert.True(start > before);
        }

        Assert.False(clock.IsFarOff);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), start);
    }

    [Fact]
    public void A_start_continues_from_the_last_commit_when_the_wall_clock_lies_before_it()
    {
        long later = _time.GetUtcNow().ToUnixTimeMilliseconds() + 100_000;
        var clock = new ShardClock(_time, later);
        Assert.Equal(later, clock.Advance());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(later + 900, clock.Advance());
    }

    [Fact]
    public void A_clock_that_jumps_by_an_hour_expires_no_lease_at_once()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue();
        harness.Send("a");
        Received leased = Assert.Single(harness.Receive());
        harness.Time.JumpWallClock(TimeSpan.FromHours(1));
        harness.AdvanceMilliseconds(1_000);
        Assert.Empty(harness.Receive());
        harness.Time.JumpWallClock(TimeSpan.FromHours(-2));
        harness.AdvanceMilliseconds(20_000);
        Assert.Empty(harness.Receive());
        Assert.Equal([BrokerError.None], harness.Acknowledge(leased.Receipt));
        Assert.True(harness.Broker.Shard.ClockIsFarOff);
    }

    [Fact]
    public void Leases_go_on_after_a_restart_with_a_clock_that_was_set_back()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue();
        harness.Send("a");
        harness.Receive();
        harness.Time.JumpWallClock(TimeSpan.FromHours(-1));
        harness.KillAndRestart();
        Assert.Empty(harness.Receive());
        harness.AdvanceMilliseconds(40_000);
        Assert.Equal(2, Assert.Single(harness.Receive()).ReceiveCount);
    }
}
