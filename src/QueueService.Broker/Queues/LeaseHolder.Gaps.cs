using QueueService.Broker.QueueViews;

namespace QueueService.Broker.Queues;

/// <summary>What a live reader of a queue view is to be told of: records that went before somebody acknowledged them.
/// </summary>
public sealed partial class LeaseHolder
{
    /// <summary>By partition: bounded by their number, whatever the reader does.</summary>
    private readonly SortedDictionary<int, (long From, long To)> _missed = [];
    private long _lost;

    internal bool HasGap => _lost > 0;

    internal void Miss(Lane lane, long from, long lost)
    {
        bool isKnown = _missed.TryGetValue(lane.Number, out (long From, long To) before);
        _missed[lane.Number] = (isKnown ? before.From : Position.OffsetOf(from), Position.OffsetOf(lane.Floor));
        _lost += lost;
    }

    internal ViewGap? TakeGap()
    {
        if (!HasGap) return null;
        var gap = new ViewGap(
            _lost, [.. _missed.Select(static one => new PartitionGap(one.Key, one.Value.From, one.Value.To))]);
        _missed.Clear();
        _lost = 0;
        return gap;
    }
}
