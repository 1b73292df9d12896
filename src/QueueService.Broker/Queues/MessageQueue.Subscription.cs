using QueueService.Broker.Topics;

namespace QueueService.Broker.Queues;

/// <summary>A cursor over the log of a topic: what it has to do with besides receiving.</summary>
internal sealed partial class MessageQueue
{
    /// <summary>A run that is more than records that a filter passes over: what an unclean start leaves out.</summary>
    private const long ManyOffsets = 1 << 28;

    /// <summary>A log from which nobody receives: a topic or a stream.</summary>
    public bool IsTopic => _kind is QueueKind.Topic or QueueKind.Stream;

    public bool IsStream => _kind == QueueKind.Stream;

    /// <summary>Its lanes are the partitions of a stream.</summary>
    public bool IsPartitioned => _kind is QueueKind.Stream or QueueKind.QueueView;

    public bool IsSubscription => Config.Subscription is not null;

    /// <summary>A subscription whose messages the server delivers to their target.</summary>
    public bool IsPushed => Config.Subscription is { Target: not SubscriptionTarget.Pull };

    /// <summary>Derived: the subscriptions of the topic that this is, or of the topic that this one reads; null for a
    /// queue.</summary>
    public FanOut? FanOut { get; set; }

    /// <summary>Derived: it stands on the topic's list of those who may wait for a message.</summary>
    public bool IsListening { get; set; }

    /// <summary>Messages that the topic did not keep until they were delivered.</summary>
    public long MissedTotal { get; private set; }

    /// <summary>Not folded: why its messages are not handed on; null while they are.</summary>
    public string? Trouble { get; set; }

    /// <summary>The positions that are leased at this time, in rising order.</summary>
    public long[] Leased(long now) => [.. _touched
        .Where(entry => entry.Value.IsLeased && entry.Value.Deadline > now)
        .Select(static entry => entry.Key)
        .Order()];

    /// <summary>Opens the lanes that the topic has begun meanwhile.</summary>
    public void FollowTopic()
    {
        if (!IsSubscription || FanOut?.Topic is not { } topic || topic.Lanes.Count == _lanes.Count) return;
        foreach (Lane lane in topic.Lanes) OpenLane(lane.Number);
    }

    /// <summary>Starts anew: receipts of the epoch before are worth nothing.</summary>
    private void ApplyPositioned(ReadOnlySpan<byte> payload)
    {
        var reader = new SpanReader(payload);
        Epoch = (long)reader.ReadVarint();
        foreach ((long position, Touched touched) in _touched)
        {
            Unindex(position, touched);
            EndHold(position);
        }

        Replay = null;
        _touched.Clear();
        _deadlines.Clear();
        _toRetry.Clear();
        _doomed.Clear();
        ClearReadyLines();
        _groups = null;
        Looks++;
        foreach (Lane lane in _lanes)
        {
            FanOut?.Scan.Leave(lane);
            lane.ResetTo(Position.First(lane.Number));
        }

        while (!reader.IsEmpty)
        {
            long position = (long)reader.ReadVarint();
            LaneOf(position).ResetTo(position);
        }
    }

    private void ApplySkipped(ReadOnlySpan<byte> payload)
    {
        var runs = new OffsetRuns(payload);
        while (runs.MoveNext())
        {
            Lane lane = LaneOf(runs.First);

            // As bits, what a thousand partitions have lost would take hundreds of megabytes.
            if (IsPartitioned && runs.Length >= ManyOffsets) lane.LeaveOut(runs.First, runs.First + runs.Length);
            else lane.FinishRange(runs.First, runs.First + runs.Length);
        }
    }
}
