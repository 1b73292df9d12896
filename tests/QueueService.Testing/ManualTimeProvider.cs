namespace QueueService.Testing;

/// <summary>A clock that stands still until a test advances it.</summary>
/// <remarks>
/// Timers fire on the advancing thread, in the order of their due times and, at the same time, of their setting; while
/// one fires the clock shows its due time. A timer that is due at once fires at the next advance, also one by zero.
/// Callbacks may set timers and read the clock, but not advance it. Timestamps count ticks of 100 ns.
/// </remarks>
public sealed class ManualTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<(ManualTimer Timer, long Setting), (long Due, long Setting)> _due = new();
    private DateTimeOffset _wallClock = start.ToUniversalTime();
    private long _timestamp;
    private long _settings;
    private bool _isAdvancing;
    private int _sweepAt = 1_024;

    public ManualTimeProvider()
        : this(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How far the clock has to be advanced for the next timer to fire; null when none is set. A simulation
    /// goes from timer to timer with it.</summary>
    public TimeSpan? UntilNextTimer
    {
        get
        {
            lock (_gate)
                return PeekLive() is { } due ? TimeSpan.FromTicks(Math.Max(0, due - _timestamp)) : null;
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _wallClock;
    }

    public override long GetTimestamp()
    {
        lock (_gate)
            return _timestamp;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves both clocks on and fires what becomes due on the way, periodic timers as often as they do.
    /// </summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        long end;
        lock (_gate)
        {
            if (_isAdvancing)
                throw new InvalidOperationException("The clock is being advanced already.");
            _isAdvancing = true;
            end = _timestamp + time.Ticks;
        }

        try
        {
            while (TakeDue(end) is { } timer)
                timer.Fire();
        }
        finally
        {
            lock (_gate)
            {
                MoveTo(Math.Max(end, _timestamp));
                _isAdvancing = false;
            }
        }
    }

    /// <summary>Moves on in steps until the task ends. Between two steps others have some milliseconds to act: in a hot
    /// loop days of this clock would pass in a second, and all that a server does in days would have to be
    /// done.</summary>
    public async Task AdvanceUntil(Task task, TimeSpan step)
    {
        while (!task.IsCompleted)
        {
            Advance(step);
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(5), System));
        }
    }

    /// <summary>Sets the wall clock alone forward or back, as an administrator or NTP does. Timestamps and timers do
    /// not notice.</summary>
    public void JumpWallClock(TimeSpan by)
    {
        lock (_gate)
            _wallClock += by;
    }

    private ManualTimer? TakeDue(long end)
    {
        lock (_gate)
        {
            if (PeekLive() is not { } due || due > end)
                return null;
            var (timer, _) = _due.Dequeue();
            MoveTo(Math.Max(due, _timestamp));
            timer.Setting = 0;
            if (timer.Period > TimeSpan.Zero)
                Schedule(timer, due + timer.Period.Ticks);
            return timer;
        }
    }

    /// <summary>The next due time, after dropping the entries of timers that were changed since.</summary>
    private long? PeekLive()
    {
        while (_due.TryPeek(out var entry, out var priority))
        {
            if (entry.Timer.Setting == entry.Setting)
                return priority.Due;
            _due.Dequeue();
        }

        return null;
    }

    private void MoveTo(long timestamp)
    {
        _wallClock += TimeSpan.FromTicks(timestamp - _timestamp);
        _timestamp = timestamp;
    }

    private void Schedule(ManualTimer timer, long due)
    {
        // A clock that stands still would keep every timer that was ever set.
        if (_due.Count >= _sweepAt)
        {
            var live =
                _due.UnorderedItems.Where(static item => item.Element.Timer.Setting == item.Element.Setting).ToArray();
            _due.Clear();
            _due.EnqueueRange(live);
            _sweepAt = Math.Max(1_024, 2 * _due.Count);
        }

        timer.Setting = ++_settings;
        _due.Enqueue((timer, timer.Setting), (due, timer.Setting));
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private bool _isDisposed;

        /// <summary>The number of the setting that counts; 0 when the timer is not set.</summary>
        public long Setting { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (_isDisposed)
                    return false;
                Period = period;
                Setting = 0;
                if (dueTime >= TimeSpan.Zero)
                    clock.Schedule(this, clock._timestamp + dueTime.Ticks);
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                _isDisposed = true;
                Setting = 0;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
