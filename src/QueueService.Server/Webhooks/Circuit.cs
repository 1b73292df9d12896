namespace QueueService.Server.Webhooks;

/// <summary>Whether deliveries to an authority go on.</summary>
internal enum CircuitState
{
    Closed,

    /// <summary>Its host fails: deliveries wait, and no attempt is spent.</summary>
    Open,

    /// <summary>One attempt finds out whether the host is back.</summary>
    HalfOpen,
}

/// <summary>When circuits open, and for how long.</summary>
internal sealed record CircuitOptions
{
    /// <summary>Failures in a row that open it.</summary>
    public int ConsecutiveFailures { get; init; } = 5;

    /// <summary>Or half of at least this many attempts of one window.</summary>
    public int WindowAttempts { get; init; } = 20;

    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The first time open; each failed probe doubles it.</summary>
    public TimeSpan FirstOpen { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan LongestOpen { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>What is shown of a circuit.</summary>
/// <param name="Until">When an open circuit lets a probe through.</param>
internal sealed record CircuitStatus(CircuitState State, int ConsecutiveFailures, DateTimeOffset? Until);

/// <summary>The circuit of one authority. Not thread-safe; <see cref="Circuits"/> guards it.</summary>
internal sealed class Circuit(CircuitOptions options, TimeProvider time)
{
    private CircuitState _state;
    private int _inARow;
    private int _attempts;
    private int _failures;
    private long _windowStart = time.GetTimestamp();
    private long _openedAt;
    private TimeSpan _open = options.FirstOpen;
    private long _probe;

    public CircuitStatus Status => new(
        _state, _inARow, _state == CircuitState.Open ? time.GetUtcNow() + Rest : null);

    private TimeSpan Rest
    {
        get
        {
            TimeSpan rest = _open - time.GetElapsedTime(_openedAt);
            return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        }
    }

    /// <summary>Lets an attempt through; else answers how long to wait, null for the end of the probe that runs.
    /// </summary>
    /// <param name="permit">Names the attempt among all.</param>
    public bool TryEnter(long permit, out TimeSpan? wait)
    {
        wait = null;
        if (_state == CircuitState.Closed) return true;
        if (_state == CircuitState.HalfOpen) return false;
        if (Rest > TimeSpan.Zero)
        {
            wait = Rest;
            return false;
        }

        (_state, _probe) = (CircuitState.HalfOpen, permit);
        return true;
    }

    /// <summary>An attempt has ended; null when it tells nothing about the host.</summary>
    public void Report(long permit, bool? failed)
    {
        if (_state == CircuitState.HalfOpen && _probe == permit) EndProbe(failed);
        // Attempts that were let through before it opened tell nothing new.
        else if (_state == CircuitState.Closed && failed is { } outcome) Count(outcome);
    }

    private void EndProbe(bool? failed)
    {
        if (failed == false) Close();
        else if (failed == true) Open(TimeSpan.FromTicks(Math.Min(_open.Ticks * 2, options.LongestOpen.Ticks)));
        // No news: the next attempt is the probe.
        else _state = CircuitState.Open;
    }

    private void Count(bool failed)
    {
        if (time.GetElapsedTime(_windowStart) > options.Window)
            (_attempts, _failures, _windowStart) = (0, 0, time.GetTimestamp());
        _attempts++;
        if (failed) _failures++;
        _inARow = failed ? _inARow + 1 : 0;
        if (_inARow >= options.ConsecutiveFailures ||
            (failed && _attempts >= options.WindowAttempts && _failures * 2 >= _attempts))
            Open(options.FirstOpen);
    }

    private void Open(TimeSpan open) =>
        (_state, _open, _openedAt) = (CircuitState.Open, open, time.GetTimestamp());

    private void Close() =>
        (_state, _inARow, _attempts, _failures, _windowStart, _open) =
        (CircuitState.Closed, 0, 0, 0, time.GetTimestamp(), options.FirstOpen);
}
