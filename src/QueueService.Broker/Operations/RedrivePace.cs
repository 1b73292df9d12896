namespace QueueService.Broker.Operations;

/// <summary>How many messages a redrive may move now: a bucket that fills at its rate and starts empty, so that never
/// more was moved than the rate times the time that it ran.</summary>
internal sealed class RedrivePace
{
    /// <summary>Seconds of the rate that are saved up: a pass that comes late makes up for it.</summary>
    private const int SavedSeconds = 2;

    private double _allowed;
    private long? _filledAt;

    public long Allowed(int? perSecond, long now)
    {
        if (perSecond is not { } rate) return long.MaxValue;
        _allowed = Math.Min(SavedSeconds * rate, _allowed + ((now - (_filledAt ?? now)) * rate / 1000.0));
        _filledAt = now;
        return (long)_allowed;
    }

    public void Take(long moved) => _allowed -= moved;
}
