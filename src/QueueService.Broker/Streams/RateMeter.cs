namespace QueueService.Broker.Streams;

/// <summary>How often something happens, over about the last minute: a count that fades away, as the load average of a
/// machine does. Costs nothing while nothing happens.</summary>
internal struct RateMeter
{
    private const double MinuteMilliseconds = 60_000;

    private double _count;
    private long _at;

    /// <param name="now">Unix milliseconds; one that lies before the last one counts as that.</param>
    public void Add(long count, long now)
    {
        _count = Faded(now) + count;
        _at = Math.Max(_at, now);
    }

    public readonly double PerSecond(long now) => Faded(now) / (MinuteMilliseconds / 1_000);

    private readonly double Faded(long now) => _count * Math.Exp(-Math.Max(0, now - _at) / MinuteMilliseconds);
}
