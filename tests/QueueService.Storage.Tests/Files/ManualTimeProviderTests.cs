using QueueService.Testing;

namespace QueueService.Storage.Tests.Files;

public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<string> _fired = [];

    [Fact]
    public void The_clock_moves_only_when_it_is_advanced()
    {
        var (start, timestamp) = (_clock.GetUtcNow(), _clock.GetTimestamp());
        Assert.Equal(start, _clock.GetUtcNow());
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(TimeSpan.FromSeconds(5), _clock.GetUtcNow() - start);
        Assert.Equal(TimeSpan.FromSeconds(5), _clock.GetElapsedTime(timestamp));
    }

    [Fact]
    public void Timers_fire_in_order_of_due_time_each_at_its_own_time()
    {
        using var late = Timer("late", 3);
        using var early = Timer("early", 1);
        using var tooLate = Timer("too late", 9);
        _clock.Advance(TimeSpan.FromSeconds(8));

        Assert.Equal(["early@1", "late@3"], _fired);
        Assert.Equal(TimeSpan.FromSeconds(1), _clock.UntilNextTimer);
    }

    [Fact]
    public void A_periodic_timer_fires_once_for_every_period()
    {
        using var timer = Timer("tick", 1, period: 2);
        _clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(["tick@1", "tick@3", "tick@5"], _fired);
    }

    [Fact]
    public void A_timer_set_by_a_callback_fires_in_the_same_advance()
    {
        ITimer? second = null;
        using var first = _clock.CreateTimer(_ => second = Timer("second", 1), null, TimeSpan.FromSeconds(1), default);
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(["second@2"], _fired);
        second?.Dispose();
    }

    [Fact]
    public void A_changed_or_disposed_timer_does_not_fire_at_its_old_time()
    {
        using var changed = Timer("changed", 1);
        Timer("disposed", 1).Dispose();
        changed.Change(TimeSpan.FromSeconds(4), Timeout.InfiniteTimeSpan);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Empty(_fired);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["changed@4"], _fired);
        Assert.Null(_clock.UntilNextTimer);
    }

    [Fact]
    public void A_jump_of_the_wall_clock_moves_no_timer()
    {
        var start = _clock.GetUtcNow();
        using var timer = Timer("timer", 1);
        _clock.JumpWallClock(TimeSpan.FromHours(-1));

        Assert.Empty(_fired);
        Assert.Equal(0, _clock.GetTimestamp());
        Assert.Equal(TimeSpan.FromHours(-1), _clock.GetUtcNow() - start);
    }

    [Fact]
    public async Task A_delay_ends_when_the_clock_reaches_it()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(1), _clock);
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(delay.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        await delay;
    }

    private ITimer Timer(string name, int seconds, int period = 0) => _clock.CreateTimer(
        _ => _fired.Add($"{name}@{_clock.GetElapsedTime(0).TotalSeconds}"),
        null,
        TimeSpan.FromSeconds(seconds),
        period == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(period));
}
