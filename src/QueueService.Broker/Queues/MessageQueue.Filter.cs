using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Queues;

/// <summary>
/// A subscription that does not let everything through: which messages match is known message by message, like groups,
/// up to a bound. What does not match is written down as skipped in the frame that hands out something behind it.
/// </summary>
internal sealed partial class MessageQueue
{
    /// <summary>Matching messages that wait and are known of a lane without order: bounds the memory of ten thousand
    /// subscriptions to which nobody listens.</summary>
    private const int MaxMatched = 500;

    /// <summary>Derived from the definition.</summary>
    public SubscriptionFilter? Filter { get; private set; }

    /// <summary>Derived: rises when everything is to be looked at again; a page that was begun before is worth nothing.
    /// </summary>
    public long Looks { get; private set; }

    private int MaxKnown => Filter is null || IsFifo ? _readAhead : Math.Min(_readAhead, MaxMatchedPerLane);

    /// <summary>Many partitions share what 16 lanes may have.</summary>
    private int MaxMatchedPerLane =>
        IsPartitioned ? Math.Clamp(16 * MaxMatched / _lanes.Count, 16, MaxMatched) : MaxMatched;

    /// <summary>The newest messages are being matched.</summary>
    private bool IsScanBehind => Filter is not null && _lanes.Exists(lane => FanOut!.Scan.IsBehind(lane));

    /// <summary>What was not delivered yet is looked at with another filter. What was skipped before stays skipped.
    /// </summary>
    public void SetFilter(SubscriptionFilter? filter)
    {
        if (Filter is null && filter is null) return;
        Filter = filter;
        foreach (Lane lane in _lanes) lane.IsFiltered = filter is not null;
        LookAgain();
    }

    /// <summary>Forgets what was learned of the messages, from the floors on.</summary>
    private void LookAgain()
    {
        Looks++;
        foreach (Lane lane in _lanes)
        {
            FanOut?.Scan.Leave(lane);
            lane.KnownEnd = lane.Floor;
            lane.KnownCount = 0;
            lane.Unmatched.Clear();
        }

        _groups = null;
        Reconsider();
    }

    /// <summary>The scan has found a message, and nothing between it and what was known.</summary>
    /// <returns>False when there is no room.</returns>
    public bool LearnMatch(Lane lane, long position, ulong group)
    {
        lane.PassUnmatched(position);
        return LearnGroup(lane, position, group);
    }

    /// <summary>Where the scan or the end of the topic takes over from the subscription's own look.</summary>
    public long LimitAhead(Lane lane) => Filter is null ? lane.End : FanOut!.Scan.LimitOf(lane);

    /// <summary>Runs that were found not to match and are not written down.</summary>
    public int UnmatchedRuns => Filter is null ? 0 : _lanes.Sum(static lane => lane.Unmatched.Count);

    /// <summary>Takes these runs, in rising order.</summary>
    public List<(long From, long To)> TakeUnmatched()
    {
        var runs = new List<(long, long)>();
        foreach (Lane lane in _lanes)
        {
            foreach ((long from, long to) in lane.Unmatched)
                if (to > lane.Floor) runs.Add((Math.Max(from, lane.Floor), to));
            lane.Unmatched.Clear();
        }

        return runs;
    }

    /// <summary>Messages that match and are not leased or delayed, as far as they were looked at.</summary>
    private long Matched() => _lanes.Sum(static lane => lane.KnownCount) - (_groups?.Away ?? 0)
        + _touched.Count(entry => entry.Value.IsReady && _groups?.Knows(entry.Key) != true);
}
