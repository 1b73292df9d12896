using System.Buffers;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Topics;

/// <summary>
/// Replays on the loop: the cursor of a subscription is set to where it is, but for what is to be delivered again,
/// which counts as not done with. So nothing else is delivered twice, and nothing that waits is passed over.
/// </summary>
internal static class Replays
{
    /// <summary>Begins a replay, in one frame.</summary>
    public static Result<ReplayState> Begin(
        Shard shard, PlainCommand<Result<ReplayState>> command, SubscriptionName name, ReplayPlaces places)
    {
        if (shard.FindQueue(name.Address) is not { FanOut.Topic: { } topic } subscription)
            return BrokerError.SubscriptionNotFound;
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        command.Queue = subscription;
        subscription.FollowTopic();
        command.Wrote = shard.SettleFilter(subscription);
        (long From, long To)[] ranges =
            [.. topic.Lanes.Select(places.RangeIn).Where(static range => range.From < range.To)];
        var finished = new List<(long From, long To)>();
        long[] floors =
        [
            .. topic.Lanes.Select(kept =>
                Reopen(kept, subscription.LaneOf(Position.First(kept.Number)), ranges, finished)),
        ];
        if (!Fits(shard, finished)) return BrokerError.SnapshotTooLarge;
        command.Wrote = true;
        shard.Store.BeginFrame();
        shard.SetCursor(subscription, floors, finished);
        shard.WriteReplay(subscription, places.Request, ranges);
        shard.Store.EndFrame();
        shard.Dispatch(subscription);
        return StateOf(subscription)!;
    }

    /// <summary>Ends a replay: what it has not delivered yet is passed over.</summary>
    public static BrokerError End(Shard shard, PlainCommand<BrokerError> command, SubscriptionName name)
    {
        if (shard.FindQueue(name.Address) is not { FanOut.Topic: { } topic } subscription)
            return BrokerError.SubscriptionNotFound;
        if (subscription.Replay is not { } replay) return BrokerError.None;
        command.Queue = subscription;
        subscription.FollowTopic();
        command.Wrote = shard.SettleFilter(subscription);
        List<(long From, long To)> finished = OffsetRuns.Union(
            [.. replay.Ranges, .. subscription.Lanes.SelectMany(static lane => lane.FinishedAhead())]);
        if (!Fits(shard, finished)) return BrokerError.SnapshotTooLarge;
        command.Wrote = true;
        shard.Store.BeginFrame();

        // Setting the cursor ends the replay, too.
        shard.SetCursor(
            subscription,
            topic.Lanes.Select(lane => subscription.LaneOf(Position.First(lane.Number)).Floor), finished);
        shard.Store.EndFrame();
        shard.Dispatch(subscription);
        return BrokerError.None;
    }

    public static Result<ReplayState?> Get(
        Shard shard, PlainCommand<Result<ReplayState?>> command, SubscriptionName name)
    {
        if (shard.FindQueue(name.Address) is not { } subscription) return BrokerError.SubscriptionNotFound;
        command.Queue = subscription;
        command.Wrote = subscription.Replay is not null && shard.SettleFilter(subscription);
        return StateOf(subscription);
    }

    private static ReplayState? StateOf(MessageQueue subscription) => subscription.Replay is { } replay
        ? new ReplayState(
            replay.Request, replay.StartedAt,
            Array.TrueForAll(
                replay.Ranges, range => subscription.LaneOf(range.From).NextPresent(range.From) >= range.To))
        : null;

    /// <summary>Adds what stays done with in a lane, and answers where its cursor begins.</summary>
    private static long Reopen(
        Lane kept, Lane lane, (long From, long To)[] ranges, List<(long From, long To)> finished)
    {
        (long from, long to) = Array.Find(ranges, range => Position.LaneOf(range.From) == lane.Number);
        long floor = Math.Max(lane.Floor, kept.Floor);
        if (from == to)
        {
            finished.AddRange(lane.FinishedAhead());
            return floor;
        }

        if (to < floor) finished.Add((to, floor));
        foreach ((long first, long end) in lane.FinishedAhead())
        {
            if (first < from) finished.Add((first, Math.Min(end, from)));
            if (end > to) finished.Add((Math.Max(first, to), end));
        }

        return Math.Min(floor, from);
    }

    private static bool Fits(Shard shard, List<(long From, long To)> finished)
    {
        var bytes = new ArrayBufferWriter<byte>();
        long last = 0;
        foreach ((long From, long To) run in finished) last = OffsetRuns.Write(bytes, run, last);
        return bytes.WrittenCount <= Math.Min(SnapshotLimits.Bytes, shard.MaxFrameBytes / 2);
    }
}

/// <summary>Where a replay begins and ends, looked up by time.</summary>
/// <param name="Starts">By lane, the first message.</param>
/// <param name="Ends">By lane, behind the last message; null for everything that there is.</param>
internal sealed record ReplayPlaces(
    ReplayRequest Request, IReadOnlyDictionary<int, long> Starts, IReadOnlyDictionary<int, long>? Ends)
{
    /// <summary>In a lane of the topic that was begun since they were looked up there is nothing to deliver
    /// again.</summary>
    public (long From, long To) RangeIn(Lane lane)
    {
        if (!Starts.TryGetValue(lane.Number, out long start)) return default;
        long end = Ends is null ? lane.End : Math.Min(lane.End, Ends.GetValueOrDefault(lane.Number));
        return (Math.Max(start, lane.Floor), end);
    }
}
