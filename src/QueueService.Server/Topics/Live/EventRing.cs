using QueueService.Broker.Topics;

namespace QueueService.Server.Topics.Live;

/// <summary>One event of a topic, for all of its readers.</summary>
/// <param name="Frame">In the bytes that all readers get; null for a message while every reader had a filter, since
/// most would be encoded for nobody.</param>
/// <param name="After">How far a reader has read with it.</param>
/// <param name="SequenceNumber">Of its message; null for a gap.</param>
/// <param name="Message">For filters; null when no reader had one.</param>
/// <param name="At">When it came, as a timestamp.</param>
internal sealed record FeedEvent(
    byte[]? Frame, TopicCursor After, long? SequenceNumber, MessageCopy? Message, long At)
{
    public int Bytes => (Frame?.Length ?? 0) + (Message?.Length ?? 0);
}

/// <summary>The newest events of a topic, numbered: up to 4 MiB or 16,384 of them, and always the last one.</summary>
internal sealed class EventRing(TopicCursor start)
{
    private FeedEvent?[] _events = new FeedEvent?[8];
    private TopicCursor _start = start;
    private long _bytes;

    /// <summary>The number of the oldest one.</summary>
    public long First { get; private set; }

    /// <summary>The number of the one that comes next.</summary>
    public long Next { get; private set; }

    /// <summary>On average.</summary>
    public int BytesOfOne => First < Next ? (int)(_bytes / (Next - First)) : 0;

    public FeedEvent? Oldest => First < Next ? this[First] : null;

    public FeedEvent this[long number] => _events[number % _events.Length]!;

    public void Add(FeedEvent added)
    {
        _bytes += added.Bytes;
        while (First < Next && (_bytes > Limits.FeedBytes || Next - First == Limits.FeedEvents)) DropFirst();
        if (Next - First == _events.Length) Grow();
        _events[Next++ % _events.Length] = added;
    }

    public void DropFirst()
    {
        FeedEvent dropped = this[First];
        _events[First++ % _events.Length] = null;
        _bytes -= dropped.Bytes;
        _start = dropped.After;
    }

    /// <summary>How far a reader has read to whom this one comes next.</summary>
    public TopicCursor Before(long number) => number == First ? _start : this[number - 1].After;

    /// <summary>Finds the number at which a reader goes on who has read so far on its own: the last one with nothing
    /// behind it that was not read. Answers false when the ring begins after that.</summary>
    public bool TryFind(TopicCursor place, out long number)
    {
        number = First;
        if (!_start.IsWithin(place)) return false;
        long end = Next;
        while (number < end)
        {
            long middle = number + ((end - number) / 2);
            if (this[middle].After.IsWithin(place)) number = middle + 1;
            else end = middle;
        }

        return true;
    }

    private void Grow()
    {
        var larger = new FeedEvent?[_events.Length * 4];
        for (long number = First; number < Next; number++) larger[number % larger.Length] = this[number];
        _events = larger;
    }
}
