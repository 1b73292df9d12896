using QueueService.Broker.Streams;

namespace QueueService.Broker.Tests.Streams;

public sealed class ProducerTests : IDisposable
{
    private readonly StreamFixture _stream = new();

    public ProducerTests() => _stream.Create(StreamFixture.Config(partitions: 3));

    public void Dispose() => _stream.Dispose();

    [Fact]
    public void A_repeated_request_appends_nothing_and_is_told_where_its_records_are_also_after_a_crash()
    {
        AppendOutcome first = Produce(0, 0, out (int, long)[] places, "a", "b");
        Produce(0, 1, out _, "c");
        _stream.Harness.CutPowerAndRestart(3);
        AppendOutcome again = Produce(0, 0, out (int, long)[] known, "a", "b");
        Assert.True(again.IsDuplicate);
        Assert.Equal(places, known);
        Assert.Equal(first.Timestamp, again.Timestamp);
        Assert.Equal(3, _stream.Partitions().Sum(static partition => partition.EndOffset));
    }

    [Fact]
    public void A_request_after_a_missing_one_is_refused_and_told_which_is_expected()
    {
        Produce(0, 0, out _, "a");
        AppendOutcome gap = Produce(0, 2, out _, "c");
        Assert.Equal((BrokerError.ProducerSequenceGap, 1), (gap.Refused, gap.Expected));
        Assert.Equal(BrokerError.ProducerSequenceGap, Produce(1, 1, out _, "x").Refused);
        Assert.Equal(1, _stream.Partitions().Sum(static partition => partition.EndOffset));
    }

    [Fact]
    public void A_process_that_takes_over_fences_the_one_before()
    {
        Produce(0, 0, out _, "a");
        Assert.Equal(BrokerError.None, Produce(1, 0, out _, "b").Refused);
        AppendOutcome fenced = Produce(0, 1, out _, "c");
        Assert.Equal((BrokerError.ProducerFenced, 1), (fenced.Refused, fenced.Expected));
        Assert.Equal(BrokerError.ProducerFenced, Produce(0, 0, out _, "a").Refused);
    }

    [Fact]
    public void The_last_five_requests_are_known_and_older_or_other_ones_are_refused()
    {
        for (int i = 0; i < 7; i++) Produce(0, i, out _, $"{i}");
        Assert.True(Produce(0, 2, out _, "2").IsDuplicate);
        Assert.Equal(BrokerError.ProducerSequenceReused, Produce(0, 1, out _, "1").Refused);
        Assert.Equal(
            BrokerError.ProducerSequenceReused,
            _stream.Harness.Run(() => _stream.Broker.Append(
                StreamFixture.Stream, StreamFixture.Batch((null, "x"), (null, "y")),
                new ProducerState("p", 0, 6))).Error);
    }

    [Fact]
    public void A_producer_that_was_silent_for_a_week_is_forgotten()
    {
        Produce(0, 0, out _, "a");
        _stream.Harness.Time.Advance(TimeSpan.FromDays(8));
        _stream.Harness.Sweep();
        AppendOutcome late = Produce(0, 1, out _, "b");
        Assert.Equal((BrokerError.ProducerSequenceGap, 0), (late.Refused, late.Expected));
    }

    private AppendOutcome Produce(
        long epoch, long sequence, out (int Partition, long Offset)[] places, params string[] bodies) =>
        _stream.Produce(new ProducerState("p", epoch, sequence), out places, bodies);
}
