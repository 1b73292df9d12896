using QueueService.Broker.Topics;
using QueueService.Server.Topics.Live;

namespace QueueService.Server.Tests.Topics.Live;

public sealed class EventRingTests
{
    private readonly EventRing _ring = new(TopicCursor.Beginning);
    private TopicCursor _end = TopicCursor.Beginning;

    [Fact]
    public void It_keeps_the_newest_events_up_to_their_number()
    {
        for (int i = 0; i < Limits.FeedEvents + 10; i++) Add(i);
        Assert.Equal((10, Limits.FeedEvents + 10), (_ring.First, _ring.Next));
        for (long number = _ring.First; number < _ring.Next; number++)
            Assert.Equal(number, _ring[number].SequenceNumber);
    }

    [Fact]
    public void It_keeps_the_newest_events_up_to_their_bytes_and_always_the_last_one()
    {
        for (int i = 0; i < 10; i++) Add(i, Limits.FeedBytes / 4);
        Assert.Equal(4, _ring.Next - _ring.First);
        Add(10, 2 * Limits.FeedBytes);
        Assert.Equal((10, 11), (_ring.First, _ring.Next));
        Add(11);
        Assert.Equal((11, 12), (_ring.First, _ring.Next));
    }

    [Fact]
    public void A_reader_goes_on_with_the_first_event_that_it_has_not_read()
    {
        TopicCursor[] places = new TopicCursor[20];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = _end;
            Add(i);
        }

        for (int i = 0; i < places.Length; i++)
        {
            Assert.True(_ring.TryFind(places[i], out long number));
            Assert.Equal(i, number);
            Assert.True(places[i].IsWithin(_ring.Before(number)));
        }

        Assert.True(_ring.TryFind(_end, out long last));
        Assert.Equal(_ring.Next, last);
    }

    [Fact]
    public void A_reader_from_before_the_oldest_event_does_not_find_its_place()
    {
        for (int i = 0; i < 5; i++) Add(i);
        TopicCursor second = TopicCursor.Beginning.After(0).After(1);
        Assert.True(_ring.TryFind(TopicCursor.Beginning.After(0), out _));
        _ring.DropFirst();
        _ring.DropFirst();
        Assert.False(_ring.TryFind(TopicCursor.Beginning.After(0), out _));
        Assert.True(_ring.TryFind(second, out long number));
        Assert.Equal(2, number);
    }

    [Fact]
    public void A_reader_that_has_read_ahead_in_one_lane_goes_on_where_nothing_is_missing()
    {
        const long OtherLane = 1L << 44;
        Add(0);
        Add(OtherLane);
        Add(1);
        Assert.True(_ring.TryFind(TopicCursor.Beginning.After(1), out long number));
        Assert.Equal(1, number);
    }

    private void Add(long sequenceNumber, int bytes = 10)
    {
        _end = _end.After(sequenceNumber);
        _ring.Add(new FeedEvent(new byte[bytes], _end, sequenceNumber, null, 0));
    }
}
