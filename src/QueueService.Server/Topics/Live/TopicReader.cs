using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Topics.Live;

/// <summary>
/// One reader of a topic: it reads the topic itself until it has reached the feed, and then writes what the feed has.
/// While it waits it costs its connection and this.
/// </summary>
internal sealed class TopicReader(HttpContext http, BrokerHost host, TopicFeed feed, FeedPlace place)
{
    /// <summary>Messages of one read of its own: as many small ones as one write takes. A reader that takes whole pages
    /// at once gets larger ones, since each read waits for a commit.</summary>
    private const int PageMessages = 64;

    /// <summary>A page takes up to 80 bytes a message while it is looked through.</summary>
    private const int MaxPageMessages = 128;

    /// <summary>Of a reader whose filter leaves little to write: it cannot stall.</summary>
    private const int MaxFilteredMessages = Limits.FeedEvents / 2;

    /// <summary>A reader whose filter lets so many pass hears how far it is.</summary>
    private const int SkippedPerId = 1_000;

    private readonly LiveResponse _response = new(http, host.Live);
    private readonly FeedEvents _events = FeedEvents.Of(feed.Topic);
    private int _skipped;
    private int _size = PageMessages;

    /// <summary>Null for a reader who wants everything.</summary>
    public FeedFilter? Filter { get; init; }

    /// <summary>The id that it came with is not of this topic: what it missed is unknown.</summary>
    public bool BeginsWithGap { get; init; }

    /// <summary>Sent first, instead of the reader's first id; answers false when it has gone.</summary>
    public Func<LiveResponse, ValueTask<bool>>? Greeting { get; init; }

    public async Task Run()
    {
        await _response.Begin(ServerSentEvents.ContentType);
        using CancellationTokenRegistration gone = http.RequestAborted.UnsafeRegister(
            static state =>
            {
                (TopicFeed feed, FeedPlace place) = ((TopicFeed, FeedPlace))state!;
                feed.Abandon(place);
            },
            (feed, place));
        bool goesOn = await (Greeting is null ? Greet() : Greeting(_response));
        while (goesOn) goesOn = feed.TryJoin(place) ? await Follow() : await ReadAlone();
    }

    private ValueTask<bool> Greet()
    {
        JsonOutput output = JsonOutput.Rent();
        _events.WriteHello(output, place.Cursor);
        if (BeginsWithGap) _events.WriteGap(output, place.Cursor, place.Cursor, null);
        ValueTask<bool> sent = Add(output.Written);
        output.Return();
        return sent;
    }

    /// <summary>Writes what the feed has, and waits for more; answers false at the end of the stream.</summary>
    private async ValueTask<bool> Follow()
    {
        while (true)
        {
            while (feed.Take(place, out bool isBehind) is var next)
            {
                if (isBehind) return true;
                if (next is null) break;
                if (!await Pass(next)) return false;
            }

            if (feed.Ended is { } end) return await SayGoodbye(end);
            if (!await Flush()) return false;
            bool isIdle = await feed.Wait(place);
            if (_response.IsBroken) return false;
            if (isIdle && !await Add(_skipped > 0 ? OwnId() : FeedEvents.Heartbeat)) return false;
        }
    }

    /// <summary>Sends an event of the feed, or leaves it out.</summary>
    private ValueTask<bool> Pass(FeedEvent next)
    {
        if (place.IsAhead && Passed(next)) return ValueTask.FromResult(true);
        place.Cursor = place.IsAhead && next.SequenceNumber is { } number ? place.Cursor.After(number) : next.After;
        if (Filter is not null && next.SequenceNumber is not null && !Filter.Matches(next)) return Skip();
        _skipped = 0;
        return Add(place.IsAhead || next.Frame is null ? _events.WithId(next, place.Cursor) : next.Frame);
    }

    /// <summary>Whether the reader had this event on its own. It is not ahead any more when the feed has reached it.
    /// </summary>
    private bool Passed(FeedEvent next)
    {
        bool passed = next.SequenceNumber is { } number
            ? place.Cursor.Covers(number)
            : next.After.IsWithin(place.Cursor);
        place.IsAhead = !place.Cursor.IsWithin(next.After);
        return passed;
    }

    private ValueTask<bool> Skip()
    {
        if (++_skipped < SkippedPerId) return ValueTask.FromResult(true);
        return Add(OwnId());
    }

    private ReadOnlyMemory<byte> OwnId()
    {
        _skipped = 0;
        return _events.Id(place.Cursor);
    }

    /// <summary>Reads the next messages itself; answers false at the end of the stream.</summary>
    private async ValueTask<bool> ReadAlone()
    {
        if (feed.Ended is { } end) return await SayGoodbye(end);
        Result<ReceivedMessages> page =
            await host.Broker.Read(feed.Topic, place.Cursor, _size, 0, CancellationToken.None);
        if (!page.Succeeded) return await SayGoodbye(new FeedEnd(BrokerProblems.Of(page.Error)));

        // The messages are given back before anything waits for the client.
        ReceivedMessages messages = page.Value;
        ValueTask<bool> sent;
        try
        {
            sent = Send(messages);
            await host.ReportDamage(messages);
        }
        finally
        {
            messages.Dispose();
        }

        return await sent;
    }

    /// <summary>Sends the page piece by piece, as long as the client takes them without a wait. What is left is read
    /// again.</summary>
    private ValueTask<bool> Send(ReceivedMessages messages)
    {
        JsonOutput output = JsonOutput.Rent();
        WriteGap(output, messages);
        bool isFull = messages.Count == _size;
        int next = 0;
        for (int pieces = 1; ; pieces++)
        {
            next = Write(output, messages, next);
            bool isWhole = next == messages.Count;
            if (isWhole) place.Cursor = messages.NextCursor!;
            if (isWhole && _skipped >= SkippedPerId) output.Raw(OwnId().Span);
            ValueTask<bool> sent = Push(output);
            bool isTaken = sent.IsCompletedSuccessfully && !_response.IsBroken;
            if (isWhole || !isTaken)
            {
                int most = pieces == 1 ? MaxFilteredMessages : MaxPageMessages;
                _size = isWhole && isTaken && isFull ? Math.Clamp(2 * _size, PageMessages, most) : PageMessages;
                return sent;
            }

            output = JsonOutput.Rent();
        }
    }

    /// <summary>Gives the output back. Only a large message makes the first step wait: who stalls holds no buffer but
    /// its connection's.</summary>
    private async ValueTask<bool> Push(JsonOutput output)
    {
        bool goesOn = await Add(output.Written);
        output.Return();
        return goesOn && await Flush();
    }

    private void WriteGap(JsonOutput output, ReceivedMessages messages)
    {
        if (messages.Lost == 0) return;
        TopicCursor before = place.Cursor;
        place.Cursor = messages.FirstCursor!;
        _events.WriteGap(output, before, place.Cursor, messages.Lost);
    }

    /// <summary>Writes as many messages as go out at once, at least one; answers the number of the next one.</summary>
    private int Write(JsonOutput output, ReceivedMessages messages, int next)
    {
        CursorProgress read = new(place.Cursor);
        for (; next < messages.Count && output.Length < Limits.ResponseChunk / 2; next++)
        {
            if (!messages.TryRead(next, out MessageView message)) continue;
            read.Pass(message.SequenceNumber);
            if (Filter?.Matches(in message) == false)
            {
                _skipped++;
                continue;
            }

            _skipped = 0;
            _events.WriteMessage(output, read.ToCursor(), in message);
        }

        place.Cursor = read.ToCursor();
        return next;
    }

    private async ValueTask<bool> SayGoodbye(FeedEnd end)
    {
        JsonOutput output = JsonOutput.Rent();
        if (end.Problem is { } problem) FeedEvents.WriteProblem(output, problem);
        else output.Raw(FeedEvents.Drain.Span);
        host.ReportFailure();
        _ = await Add(output.Written) && await Flush();
        output.Return();
        return false;
    }

    private ValueTask<bool> Add(ReadOnlyMemory<byte> bytes) => _response.Add(bytes);

    private ValueTask<bool> Flush()
    {
        if (_response.HasAdded) place.SentAt = host.Time.GetTimestamp();
        return _response.Flush();
    }
}
