using System.Diagnostics.CodeAnalysis;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Topics;

/// <summary>
/// Who gets what, for all subscriptions with a filter at once: new messages are matched with an index outside the loop,
/// and only the subscriptions that match hear of them. That is for those that are live, which means that they have been
/// told of everything up to where the scan is; one that is behind reads for itself (<see cref="ReadAhead"/>) until it
/// has caught up.
/// </summary>
/// <remarks>Derived: after a restart nobody is live. On the loop, but for <see cref="Match"/>.</remarks>
internal sealed class TopicScan
{
    /// <summary>Messages of one page: with ten thousand filters some milliseconds.</summary>
    private const int PageMessages = 256;

    private readonly FilterIndex _index = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<int, ScanLane> _lanes = [];
    private readonly HashSet<MessageQueue> _impatient = [];
    private bool _isReading;
    private int _lanesSeen;
    private int _turn;

    public void Add(uint subscription, SubscriptionFilter filter)
    {
        lock (_gate) _index.Add(subscription, filter);
    }

    public void Remove(uint subscription)
    {
        lock (_gate) _index.Remove(subscription);
    }

    /// <summary>Up to where a subscription that is not live has to look for itself.</summary>
    public long LimitOf(Lane lane) =>
        _lanes.TryGetValue(lane.Number, out ScanLane? scan) && scan.Live.Count > 0 ? scan.End : lane.End;

    /// <summary>A live subscription has not heard of the newest messages yet.</summary>
    public bool IsBehind(Lane lane) => lane.IsLive && _lanes[lane.Number].End < lane.End;

    /// <summary>The subscription knows everything up to the scan: from now on it is told.</summary>
    public void Join(Lane lane)
    {
        if (lane.IsLive || lane.KnownEnd < LimitOf(lane)) return;
        if (!_lanes.TryGetValue(lane.Number, out ScanLane? scan)) _lanes.Add(lane.Number, scan = new ScanLane());
        if (scan.Live.Count == 0) scan.End = lane.KnownEnd;
        lane.IsLive = scan.Live.Add(lane);
    }

    /// <summary>The subscription has to look for itself again.</summary>
    public void Leave(Lane lane)
    {
        if (!lane.IsLive) return;
        ScanLane scan = _lanes[lane.Number];
        lane.IsLive = false;
        scan.Live.Remove(lane);
        lane.PassUnmatched(scan.End);
    }

    /// <summary>What a live lane was told to be without a match counts as looked at.</summary>
    public void Settle(Lane lane)
    {
        if (lane.IsLive) lane.PassUnmatched(_lanes[lane.Number].End);
    }

    /// <summary>Somebody asks without waiting, and what is there is known in a moment.</summary>
    public void Await(MessageQueue subscription) => _impatient.Add(subscription);

    /// <summary>The topic has new messages: looks at them, unless it is looking already.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The page belongs to whoever reads it.")]
    public void Advance(Shard shard, FanOut fanOut)
    {
        MessageQueue topic = fanOut.Topic!;
        if (topic.Lanes.Count != _lanesSeen) FollowTopic(fanOut);
        if (_isReading || _lanes.Count == 0) return;

        // Where the one before ended: a busy partition must not hide the others.
        for (int i = 0; i < topic.Lanes.Count; i++)
        {
            _turn = (_turn + 1) % topic.Lanes.Count;
            Lane lane = topic.Lanes[_turn];
            if (!_lanes.TryGetValue(lane.Number, out ScanLane? scan) || scan.Live.Count == 0) continue;
            if (scan.End >= lane.End) continue;
            ReceivedMessages messages = ReceivedMessages.Rent(topic, shard.Seal);
            long position = Math.Max(scan.End, lane.Floor);
            for (; position < lane.End && messages.Count < PageMessages; position++)
                messages.Add(new ReceivedMessages.Delivery { Position = position });
            _isReading = true;
            shard.StartScanning(new ScanPage(fanOut, lane, messages) { End = position });
            return;
        }
    }

    /// <summary>Matches a page. Any thread, one at a time.</summary>
    public void Match(ScanPage page)
    {
        lock (_gate)
        {
            for (int i = 0; i < page.Messages.Count; i++)
            {
                if (!page.Messages.TryRead(i, out MessageView message)) continue;
                int first = page.Matching.Count;
                _index.Match(message.Raw, page.Matching);
                if (page.Matching.Count > first)
                {
                    page.Matched.Add(
                        (message.SequenceNumber, MessageFormat.GroupHash(message.Raw), first, page.Matching.Count));
                }
            }
        }
    }

    /// <summary>Tells the live subscriptions what was found, and goes on.</summary>
    public void Finish(Shard shard, ScanPage page)
    {
        _isReading = false;
        if (page.FanOut.Topic is not { IsDeleted: false }) return;
        foreach ((long position, ulong group, int first, int end) in page.Matched)
        {
            for (int i = first; i < end; i++)
            {
                if (page.FanOut.Subscriptions.TryGetValue(page.Matching[i], out MessageQueue? subscription))
                    Tell(shard, subscription, position, group);
            }
        }

        if (_lanes.TryGetValue(page.Lane.Number, out ScanLane? scan)) scan.End = Math.Max(scan.End, page.End);
        foreach (MessageQueue subscription in _impatient) shard.Dispatch(subscription);
        _impatient.Clear();
        Advance(shard, page.FanOut);
    }

    private void Tell(Shard shard, MessageQueue subscription, long position, ulong group)
    {
        Lane lane = subscription.LaneOf(position);
        if (!lane.IsLive || position < lane.KnownEnd) return;
        if (!subscription.LearnMatch(lane, position, group))
        {
            // Its window is full: it reads the rest itself when there is room. What it was told so far counts.
            lane.IsLive = false;
            _lanes[lane.Number].Live.Remove(lane);
        }

        shard.Dispatch(subscription);
    }

    /// <summary>A live subscription is live in all lanes.</summary>
    private void FollowTopic(FanOut fanOut)
    {
        _lanesSeen = fanOut.Topic!.Lanes.Count;
        if (!_lanes.TryGetValue(0, out ScanLane? main) || main.Live.Count == 0) return;
        foreach (MessageQueue subscription in fanOut.Subscriptions.Values.Where(static one => one.Main.IsLive))
        {
            subscription.FollowTopic();
            foreach (Lane lane in subscription.Lanes)
            {
                if (lane.IsLive || lane.IsReading || lane.KnownEnd > Position.First(lane.Number)) continue;
                if (!_lanes.TryGetValue(lane.Number, out ScanLane? scan))
                    _lanes.Add(lane.Number, scan = new ScanLane());
                if (scan.Live.Count == 0) scan.End = lane.KnownEnd;
                if (lane.KnownEnd == scan.End) lane.IsLive = scan.Live.Add(lane);
            }
        }
    }

    private sealed class ScanLane
    {
        /// <summary>Everything below was matched.</summary>
        public long End { get; set; }

        /// <summary>Lanes of subscriptions.</summary>
        public HashSet<Lane> Live { get; } = [];
    }
}

/// <summary>New messages of a topic that are being matched with the filters of its subscriptions.</summary>
internal sealed class ScanPage(FanOut fanOut, Lane lane, ReceivedMessages messages)
{
    public FanOut FanOut => fanOut;

    /// <summary>Of the topic.</summary>
    public Lane Lane => lane;

    public ReceivedMessages Messages => messages;

    public long End { get; init; }

    /// <summary>Messages that matched, with their range in <see cref="Matching"/>.</summary>
    public List<(long Position, ulong Group, int First, int End)> Matched { get; } = [];

    /// <summary>Subscriptions, one message's after the other's.</summary>
    public List<uint> Matching { get; } = [];
}
