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
    /// <summary>Messages of one read: between two of them readers get their turn.</summary>
    private const int PageMessages = 256;

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

    /// <summary>From now on messages are kept for filters.</summary>
    public void KeepMessages() => Interlocked.Increment(ref _filtered);

    /// <summary>Puts a reader where it goes on; answers false when it has to read up to there itself.</summary>
    public bool TryJoin(FeedPlace place)
    {
        lock (_gate)
        {
            if (!_ring.TryFind(place.Cursor, out long next)) return false;
            for (long number = next; place.IsFiltered && number < _ring.Next; number++)
                if (_ring[number] is { SequenceNumber: not null, Message: null }) return false;
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
        if (place.IsFiltered) Interlocked.Decrement(ref _filtered);
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
        FeedEnd end = new(new Problem(ProblemKind.InternalError));
        try
        {
            while (!stop.IsCancellationRequested)
            {
                Result<ReceivedMessages> page =
                    await host.Broker.Read(topic, place, PageMessages, WaitMilliseconds, stop);
                if (!page.Succeeded)
                {
                    end = new FeedEnd(BrokerProblems.Of(page.Error));
                    break;
                }

                using ReceivedMessages messages = page.Value;
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
            Add(output, place, null, null);
        }

        for (int i = 0; i < messages.Count; i++)
        {
            if (!messages.TryRead(i, out MessageView message)) continue;
            place = place.After(message.SequenceNumber);
            _events.WriteMessage(output, place, in message);
            Add(output, place, message.SequenceNumber, _filtered > 0 ? MessageCopy.Of(in message) : null);
        }

        output.Return();
        return messages.NextCursor!;
    }

    private void Add(JsonOutput output, TopicCursor after, long? sequenceNumber, MessageCopy? message)
    {
        FeedEvent added = new(output.Written.ToArray(), after, sequenceNumber, message, host.Time.GetTimestamp());
        output.Clear();
        lock (_gate) _ring.Add(added);
    }

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
