using System.Diagnostics.CodeAnalysis;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Topics.Live;

/// <summary>
/// What is published to a topic while it has readers: read once, encoded once, and written by all of them from the same
/// memory. A reader is a place in the ring, and one that falls out of the ring reads the topic itself until it is back.
/// </summary>
internal sealed class TopicFeed(BrokerHost host, TopicName topic, TopicCursor start) : IDisposable
{
    /// <summary>Messages of one read: between two of them readers get their turn. A read waits for a commit, so while
    /// pages come full and the readers keep up with them the next page is twice as large.</summary>
    private const int PageMessages = 256;

    private const int MaxPageMessages = Limits.FeedEvents / 2;

    /// <summary>Repeated before the broker's limit of a wait.</summary>
    private const int WaitMilliseconds = 30_000;

    private readonly FeedEvents _events = FeedEvents.Of(topic);
    private readonly Lock _gate = new();
    private readonly EventRing _ring = new(start);
    private readonly List<FeedPlace> _places = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _pump = Task.CompletedTask;
    private FeedEnd? _end;
    private volatile int _filtered;
    private volatile int _plain;

    public TopicName Topic => topic;

    /// <summary>Who uses it; counted by its owner.</summary>
    public int Readers { get; set; }

    /// <summary>Why nothing follows; null while something may.</summary>
    public FeedEnd? Ended
    {
        get
        {
            lock (_gate) return _end;
        }
    }

    public void Start() => _pump = Pump(_stop.Token);

    /// <summary>A reader comes: from now on messages are kept for its filter, or encoded because it has none.</summary>
    public void Enter(FeedPlace place) => Interlocked.Increment(ref place.IsFiltered ? ref _filtered : ref _plain);

    /// <summary>Puts a reader where it goes on; answers false when it has to read up to there itself.</summary>
    public bool TryJoin(FeedPlace place)
    {
        lock (_gate)
        {
            if (!_ring.TryFind(place.Cursor, out long next)) return false;
            for (long number = next; number < _ring.Next; number++)
                if (!Suits(place, _ring[number])) return false;
            place.Next = next;
            place.IsAhead = !place.Cursor.IsWithin(_ring.Before(next));
            if (place.Index >= 0) return true;
            place.Index = _places.Count;
            _places.Add(place);
            return true;
        }
    }

    public void Leave(FeedPlace place)
    {
        Interlocked.Decrement(ref place.IsFiltered ? ref _filtered : ref _plain);
        lock (_gate)
        {
            if (place.Index < 0) return;
            FeedPlace last = _places[^1];
            _places[place.Index] = last;
            last.Index = place.Index;
            place.Index = -1;
            _places.RemoveAt(_places.Count - 1);
        }
    }

    /// <summary>The next event for a reader; null when there is none now, or none here any more.</summary>
    /// <param name="isBehind">It has fallen out of the ring.</param>
    public FeedEvent? Take(FeedPlace place, out bool isBehind)
    {
        lock (_gate)
        {
            isBehind = place.Next < _ring.First;
            return isBehind || place.Next == _ring.Next ? null : _ring[place.Next++];
        }
    }

    /// <summary>Waits for news, for the end, or until it is time for a heartbeat: then the answer is true.</summary>
    public ValueTask<bool> Wait(FeedPlace place)
    {
        lock (_gate)
        {
            if (place.Next < _ring.Next || _end is not null || place.IsGone) return ValueTask.FromResult(false);
            return place.Wait();
        }
    }

    /// <summary>The client of this reader has gone.</summary>
    public void Abandon(FeedPlace place)
    {
        lock (_gate)
        {
            place.IsGone = true;
            place.Wake(isIdle: false);
        }
    }

    /// <summary>Wakes readers that have heard nothing for long, and lets go of old events.</summary>
    public void Tick(long now)
    {
        lock (_gate)
        {
            while (_ring.Oldest is { } oldest && host.Time.GetElapsedTime(oldest.At, now) > Limits.FeedAge)
                _ring.DropFirst();
            foreach (FeedPlace place in _places)
                if (host.Time.GetElapsedTime(place.SentAt, now) >= Limits.Heartbeat) place.Wake(isIdle: true);
        }
    }

    /// <summary>Tells every reader; nothing is read any more.</summary>
    public void End(FeedEnd end)
    {
        _stop.Cancel();
        lock (_gate) _end ??= end;
        WakeAll();
    }

    /// <summary>Ends the reading; what went wrong with it comes out here.</summary>
    [SuppressMessage("Usage", "VSTHRD003", Justification = "It was started here and is needed by nobody else.")]
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _pump;
    }

    public void Dispose() => _stop.Dispose();

    private async Task Pump(CancellationToken stop)
    {
        TopicCursor place = start;
        int size = PageMessages;
        FeedEnd end = new(new Problem(ProblemKind.InternalError));
        try
        {
            while (!stop.IsCancellationRequested)
            {
                Result<ReceivedMessages> page =
                    await host.Broker.Read(topic, place, size, WaitMilliseconds, stop);
                if (!page.Succeeded)
                {
                    end = new FeedEnd(BrokerProblems.Of(page.Error));
                    break;
                }

                using ReceivedMessages messages = page.Value;
                size = messages.Count < size ? PageMessages : NextSize(size);
                place = Append(messages, place);
                WakeAll();
                await host.ReportDamage(messages);
            }
        }
        finally
        {
            // Readers must not wait for one that has died.
            if (!stop.IsCancellationRequested) End(end);
        }
    }

    private TopicCursor Append(ReceivedMessages messages, TopicCursor place)
    {
        JsonOutput output = JsonOutput.Rent();
        if (messages.Lost > 0)
        {
            TopicCursor before = place;
            place = messages.FirstCursor!;
            _events.WriteGap(output, before, place, messages.Lost);
            Add(Take(output), place, null, null);
        }

        for (int i = 0; i < messages.Count; i++)
        {
            if (!messages.TryRead(i, out MessageView message)) continue;
            place = place.After(message.SequenceNumber);
            bool isEncoded = _plain > 0 || _filtered == 0;
            if (isEncoded) _events.WriteMessage(output, place, in message);
            Add(
                isEncoded ? Take(output) : null, place, message.SequenceNumber,
                _filtered > 0 || !isEncoded ? MessageCopy.Of(in message) : null);
        }

        output.Return();
        return messages.NextCursor!;
    }

    /// <summary>Twice as many after a full page, but no more than half of what the ring holds, so that a reader at the
    /// end stays in it; half as many when one in the ring is far behind.</summary>
    private int NextSize(int size)
    {
        lock (_gate)
        {
            long late = _ring.Next - ((_ring.Next - _ring.First) / 2);
            bool isRead = _places.TrueForAll(place => place.Next >= late || place.Next < _ring.First);
            int most = Math.Min(MaxPageMessages, Limits.FeedBytes / 2 / Math.Max(1, _ring.BytesOfOne));
            return Math.Clamp(isRead ? 2 * size : size / 2, PageMessages, Math.Max(PageMessages, most));
        }
    }

    private static byte[] Take(JsonOutput output)
    {
        byte[] frame = output.Written.ToArray();
        output.Clear();
        return frame;
    }

    private void Add(byte[]? frame, TopicCursor after, long? sequenceNumber, MessageCopy? message)
    {
        FeedEvent added = new(frame, after, sequenceNumber, message, host.Time.GetTimestamp());
        lock (_gate) _ring.Add(added);
    }

    /// <summary>Whether the event has what this reader needs of it; it may have come before the reader.</summary>
    private static bool Suits(FeedPlace place, FeedEvent kept) =>
        kept.SequenceNumber is null || (place.IsFiltered ? kept.Message is not null : kept.Frame is not null);

    private void WakeAll()
    {
        lock (_gate)
        {
            foreach (FeedPlace place in _places) place.Wake(isIdle: false);
        }
    }
}

/// <summary>Why a feed has ended.</summary>
/// <param name="Problem">Null when the server stops: readers come back.</param>
internal sealed record FeedEnd(Problem? Problem);
