using System.Text;
using QueueService.Broker;
using QueueService.Server.Http;

namespace QueueService.Server.Service;

/// <summary>
/// What happens in the service, for readers up to a limit. The newest events are kept in one ring; a reader is a place
/// in it, so that a slow one costs no memory: it loses what the ring lost, and is told so.
/// </summary>
/// <remarks>Ids are the start of the process and a number. After a restart the ring is empty, and an older id leads to
/// a `gap`.</remarks>
internal sealed class SystemFeed(TimeProvider time, int maxReaders) : IAsyncDisposable
{
    /// <summary>Between two `stats` events; every third of them is the heartbeat.</summary>
    private static readonly TimeSpan Beat = Limits.Heartbeat / 3;

    private static readonly TaskCompletionSource Ready = Completed();

    private readonly string _epoch = time.GetUtcNow().ToUnixTimeMilliseconds().ToString("x");
    private readonly byte[][] _ring = new byte[Limits.SystemEvents][];
    private readonly Lock _gate = new();
    private TaskCompletionSource _news = NewSignal();
    private ITimer? _timer;
    private byte[] _beat = [];
    private long _beats;
    private long _next;
    private int _readers;
    private bool _isDraining;

    public bool IsDraining
    {
        get
        {
            lock (_gate) return _isDraining;
        }
    }

    /// <summary>Starts to tell the sums over all queues, while anybody listens.</summary>
    public void Start(MessageBroker broker) =>
        _timer = time.CreateTimer(_ => _ = Measure(broker), null, Beat, Beat);

    public void Publish(BrokerEvent change)
    {
        lock (_gate)
        {
            _ring[_next % _ring.Length] = SystemEvents.Frame(IdOf(_next), change);
            _next++;
            Wake();
        }
    }

    /// <summary>Tells every reader that the server stops; they end, and come back after their retry time.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            _isDraining = true;
            Wake();
        }
    }

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

    /// <summary>A reader that goes on after this id, or starts now without one.</summary>
    public FeedReader Join(string? lastEventId)
    {
        lock (_gate)
        {
            // An id of another process, or of none, is behind everything that is kept.
            long next = string.IsNullOrEmpty(lastEventId) ? _next : PlaceOf(lastEventId) + 1 ?? long.MinValue;
            return new FeedReader { Next = next, Beats = _beats };
        }
    }

    /// <summary>Writes what is new for a reader, a bounded piece of it; <see cref="FeedReader.News"/> says when there
    /// is more.</summary>
    public void Take(FeedReader reader, JsonOutput output)
    {
        lock (_gate)
        {
            long oldest = Math.Max(0, _next - _ring.Length);
            if (reader.Next < oldest || reader.Next > _next)
            {
                reader.Next = oldest;
                SystemEvents.WriteGap(output, IdOf(oldest - 1));
            }

            while (reader.Next < _next && output.Length < Limits.ResponseChunk)
                output.Raw(_ring[reader.Next++ % _ring.Length]);
            if (reader.Beats != _beats)
            {
                reader.Beats = _beats;
                output.Raw(_beat);
            }

            reader.News = reader.Next < _next ? Ready : _news;
            reader.HasEnded = _isDraining && reader.Next == _next;
            if (reader.HasEnded) SystemEvents.WriteDrain(output);
        }
    }

    /// <summary>Lets every reader hear something.</summary>
    public void Pulse(BrokerTotals? totals)
    {
        lock (_gate)
        {
            _beats++;
            _beat = SystemEvents.Beat(totals, heartbeat: totals is null || _beats % 3 == 0);
            Wake();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null) await _timer.DisposeAsync();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Completed()
    {
        TaskCompletionSource signal = NewSignal();
        signal.SetResult();
        return signal;
    }

    private async Task Measure(MessageBroker broker)
    {
        lock (_gate)
        {
            if (_readers == 0) return;
        }

        Result<BrokerTotals> totals = await broker.GetTotals();
        Pulse(totals.Succeeded ? totals.Value : null);
    }

    private void Wake()
    {
        TaskCompletionSource news = _news;
        _news = NewSignal();
        news.SetResult();
    }

    private byte[] IdOf(long number) => Encoding.ASCII.GetBytes($"{_epoch}-{number}");

    private long? PlaceOf(string id) =>
        id.Split('-', 2) is [var epoch, var number] && epoch == _epoch && long.TryParse(number, out long place)
            ? place
            : null;
}

/// <summary>A place in the feed.</summary>
internal sealed class FeedReader
{
    public long Next { get; set; }

    public long Beats { get; set; }

    /// <summary>Ends when there is more to take.</summary>
    public TaskCompletionSource News { get; set; } = null!;

    /// <summary>It was told that the server stops: nothing follows.</summary>
    public bool HasEnded { get; set; }
}
