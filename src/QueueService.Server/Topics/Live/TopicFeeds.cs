using QueueService.Broker.Topics;
using QueueService.Server.Hosting;

namespace QueueService.Server.Topics.Live;

/// <summary>The feeds of the topics that have readers, one for each, and the one timer for all of their heartbeats.
/// </summary>
internal sealed class TopicFeeds(BrokerHost host, int maxReaders) : IAsyncDisposable
{
    /// <summary>A heartbeat is late by this much at most.</summary>
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TopicFeed> _feeds = [];
    private ITimer? _timer;
    private int _readers;
    private bool _isDraining;

    public bool IsDraining
    {
        get
        {
            lock (_gate) return _isDraining;
        }
    }

    public void Start() => _timer = host.Time.CreateTimer(_ => Tick(), null, TickPeriod, TickPeriod);

    /// <summary>Counts a reader in; answers false when there are as many as may be.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_readers >= maxReaders) return false;
            _readers++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_gate) _readers--;
    }

    /// <summary>The feed of a topic for one more reader, begun at its end if it has none.</summary>
    /// <param name="end">Of the topic, now or a moment ago.</param>
    public TopicFeed Join(TopicName topic, TopicCursor end)
    {
        lock (_gate)
        {
            if (!_feeds.TryGetValue(topic.Value, out TopicFeed? feed) || feed.Ended is not null)
            {
                feed = new TopicFeed(host, topic, end);
                _feeds[topic.Value] = feed;
                if (_isDraining) feed.End(new FeedEnd(null));
                else feed.Start();
            }

            feed.Readers++;
            return feed;
        }
    }

    /// <summary>A reader has ended; with the last one the reading ends.</summary>
    public async Task Part(TopicFeed feed)
    {
        lock (_gate)
        {
            if (--feed.Readers > 0) return;
            if (_feeds.GetValueOrDefault(feed.Topic.Value) == feed) _feeds.Remove(feed.Topic.Value);
        }

        await feed.Stop();
        feed.Dispose();
    }

    /// <summary>Tells every reader that the server stops; they end, and come back after their retry time.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            _isDraining = true;
            foreach (TopicFeed feed in _feeds.Values) feed.End(new FeedEnd(null));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null) await _timer.DisposeAsync();
    }

    private void Tick()
    {
        long now = host.Time.GetTimestamp();
        lock (_gate)
        {
            foreach (TopicFeed feed in _feeds.Values) feed.Tick(now);
        }
    }
}
