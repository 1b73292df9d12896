using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Shards;

/// <summary>Records of where subscriptions stand and stood.</summary>
internal sealed partial class Shard
{
    /// <summary>Moves the cursor of a subscription, in the open frame. What the topic has lost is done with.</summary>
    /// <param name="finished">Runs behind these positions that are done with, too, in rising order.</param>
    public void SetCursor(
        MessageQueue subscription, IEnumerable<long> positions, IReadOnlyList<(long From, long To)>? finished = null)
    {
        long[] starts = [.. positions];
        _scratch.ResetWrittenCount();
        _scratch.WriteVarint((ulong)subscription.Epoch + 1);
        foreach (long position in starts) _scratch.WriteVarint((ulong)position);
        Write(subscription, QueueRecord.Positioned, _scratch.WrittenSpan);

        IEnumerable<(long From, long To)> lost =
            subscription.FanOut!.Topic!.Lanes.SelectMany(static lane => lane.Gaps);
        WriteSkipped(subscription, OffsetRuns.Union(lost
            .Select(gap => (Math.Max(gap.From, subscription.LaneOf(gap.From).Floor), gap.To))
            .Where(static gap => gap.Item1 < gap.To).Concat(finished ?? [])));
    }

    /// <summary>Writes down, in the open frame, what a subscription has found not to be for it.</summary>
    public void WriteSkipped(MessageQueue subscription)
    {
        if (subscription.UnmatchedRuns > 0) WriteSkipped(subscription, subscription.TakeUnmatched());
    }

    /// <summary>Writes down, in a frame of its own, what a subscription has found not to be for it.</summary>
    public bool SettleFilter(MessageQueue subscription)
    {
        if (subscription.Filter is null) return false;
        foreach (Lane lane in subscription.Lanes) subscription.FanOut!.Scan.Settle(lane);
        if (subscription.UnmatchedRuns == 0) return false;
        Store.BeginFrame();
        WriteSkipped(subscription);
        Store.EndFrame();
        return true;
    }

    /// <summary>Takes a snapshot, in a frame of its own.</summary>
    /// <returns>False, and nothing is written, when it would be too large.</returns>
    public bool WriteSnapshot(MessageQueue subscription, string name, long expiresAt)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteText(name);
        _scratch.WriteVarint((ulong)expiresAt);
        _scratch.WriteVarint(subscription.Filter is null ? 0UL : 1UL);
        if (!KeptCursor.TryWritePlaces(subscription, _scratch, Math.Min(SnapshotLimits.Bytes, MaxFrameBytes / 2)))
            return false;
        Store.BeginFrame();
        Write(subscription, QueueRecord.SnapshotTaken, _scratch.WrittenSpan);
        Store.EndFrame();
        return true;
    }

    /// <summary>Notes, in the open frame, what the cursor of a subscription delivers again.</summary>
    public void WriteReplay(MessageQueue subscription, ReplayRequest request, ReadOnlySpan<(long From, long To)> ranges)
    {
        _scratch.ResetWrittenCount();
        MessageQueue.WriteReplay(_scratch, request, ranges);
        Write(subscription, QueueRecord.ReplayBegun, _scratch.WrittenSpan);
    }

    /// <summary>Deletes snapshots, in a frame of its own.</summary>
    public void ForgetSnapshots(MessageQueue subscription, IEnumerable<string> names)
    {
        Store.BeginFrame();
        foreach (string name in names)
        {
            _scratch.ResetWrittenCount();
            _scratch.WriteText(name);
            Write(subscription, QueueRecord.SnapshotForgotten, _scratch.WrittenSpan);
        }

        Store.EndFrame();
    }

    /// <summary>Counts, in the open frame, what a subscription has not dealt with below a floor of its topic.</summary>
    public void WriteMissed(MessageQueue subscription, long floor)
    {
        if (subscription.LaneOf(floor).Floor >= floor) return;
        _scratch.ResetWrittenCount();
        _scratch.WriteVarint((ulong)floor);
        Write(subscription, QueueRecord.Missed, _scratch.WrittenSpan);
    }

    private void WriteSkipped(MessageQueue subscription, List<(long From, long To)> runs)
    {
        if (runs.Count == 0) return;
        _scratch.ResetWrittenCount();
        long last = 0;
        foreach ((long From, long To) run in runs) last = OffsetRuns.Write(_scratch, run, last);
        Write(subscription, QueueRecord.Skipped, _scratch.WrittenSpan);
    }
}
