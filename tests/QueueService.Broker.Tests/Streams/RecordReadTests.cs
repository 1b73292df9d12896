using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Streams;

public sealed class RecordReadTests : IDisposable
{
    private readonly StreamFixture _stream = new();

    public void Dispose() => _stream.Dispose();

    [Fact]
    public void Each_offset_is_read_from_memory_and_from_disk_alike()
    {
        _stream.Create(StreamFixture.Config(partitions: 2));
        string[] bodies = [.. Enumerable.Range(0, 500).Select(static i => $"{i}:{new string('x', i % 300)}")];
        foreach (string[] some in bodies.Chunk(20))
            _stream.Append([.. some.Select(static body => ((string?)"21", body))]);
        for (int offset = 0; offset < 500; offset += 7)
            Assert.Equal(bodies[offset], Assert.Single(_stream.Bodies(0, offset, max: 1)));
        Assert.Equal(bodies, _stream.Bodies(0, max: 1_000));
    }

    [Fact]
    public void A_reader_waits_for_its_partition_and_not_for_others()
    {
        _stream.Create(StreamFixture.Config(partitions: 4));
        Task<Result<ReceivedMessages>> third = Wait(3);
        Task<Result<ReceivedMessages>> first = Wait(0);
        _stream.Append(("21", "a"));
        using ReceivedMessages records = BrokerHarness.Answer(first).Value;
        Assert.Equal(["a"], StreamFixture.Bodies(records));
        Assert.False(third.IsCompleted);
        _stream.Append(("abc", "b"));
        using ReceivedMessages others = BrokerHarness.Answer(third).Value;
        Assert.Equal(["b"], StreamFixture.Bodies(others));
    }

    [Fact]
    public void Whoever_asks_for_more_than_there_is_hears_of_it_at_once()
    {
        _stream.Create(StreamFixture.Config());
        _stream.Append((null, "a"));
        using ReceivedMessages beyond = _stream.Read(0, from: 5);
        Assert.Equal((0, 1), (beyond.Count, beyond.EndCursor!.OffsetIn(0)));
        using ReceivedMessages end = _stream.Read(0, from: 1);
        Assert.Equal((0, 1, 1), (end.Count, end.NextCursor!.OffsetIn(0), end.EndCursor!.OffsetIn(0)));
        using ReceivedMessages elsewhere = _stream.Read(1, from: 0);
        Assert.Null(elsewhere.EndCursor!.OffsetIn(1));
    }

    [Fact]
    public void Old_records_go_by_their_age_and_readers_are_told_how_many()
    {
        _stream.Create(StreamFixture.Config() with { RetentionSeconds = 60 });
        _stream.Append((null, "1"), (null, "2"));
        _stream.Harness.Time.Advance(TimeSpan.FromSeconds(50));
        _stream.Append((null, "3"));
        _stream.Harness.Time.Advance(TimeSpan.FromSeconds(20));
        _stream.Harness.Sweep();
        Assert.Equal((2, 3), (_stream.Partitions()[0].EarliestOffset, _stream.Partitions()[0].EndOffset));
        using ReceivedMessages records = _stream.Read(0, from: 0);
        Assert.Equal((2, 2), (records.Lost, records.FirstCursor!.OffsetIn(0)));
        Assert.Equal(["3"], StreamFixture.Bodies(records));
    }

    [Fact]
    public void Old_records_go_when_a_partition_holds_more_bytes_than_it_may()
    {
        QueueConfig config = StreamFixture.Config(partitions: 2);
        _stream.Create(config with { Stream = config.Stream! with { RetentionBytes = 100_000 } });
        for (int i = 0; i < 40; i++)
            _stream.Append([.. Enumerable.Range(0, 64).Select(n => ((string?)"21", $"{i * 64 + n:D100}"))]);
        _stream.Append(("abc", "elsewhere"));
        _stream.Harness.Sweep();
        long earliest = _stream.Partitions()[0].EarliestOffset;
        Assert.InRange(_stream.Partitions()[0].Bytes, 50_000, 100_000);
        Assert.True(earliest > 1_000);
        _stream.Harness.KillAndRestart();
        Assert.Equal(earliest, _stream.Partitions()[0].EarliestOffset);
        Assert.Equal($"{earliest:D100}", _stream.Bodies(0, earliest, max: 1).Single());
        Assert.Equal(["elsewhere"], _stream.Bodies(3 % 2));
    }

    [Fact]
    public void The_newest_1_to_256_records_of_a_partition_stay_whatever_they_weigh_and_the_older_ones_go_256_at_a_time()
    {
        QueueConfig config = StreamFixture.Config();
        _stream.Create(config with { Stream = config.Stream! with { RetentionBytes = 1 } });
        for (int i = 1; i <= 1_100; i++)
        {
            _stream.Append((null, new string('x', 100)));
            _stream.Harness.Sweep();
            long earliest = _stream.Partitions()[0].EarliestOffset;
            Assert.Equal(0, earliest % 256);
            Assert.InRange(i - earliest, 1, 256);
        }

        Assert.Equal(1_024, _stream.Partitions()[0].EarliestOffset);
    }

    [Fact]
    public void The_first_record_of_a_time_is_found()
    {
        _stream.Create(StreamFixture.Config(partitions: 2));
        DateTimeOffset start = _stream.Harness.Time.GetUtcNow();
        for (int i = 0; i < 300; i++)
        {
            _stream.Append(("21", $"{i}:{new string('x', 200)}"));
            _stream.Harness.Time.Advance(TimeSpan.FromSeconds(10));
        }

        foreach (int i in (int[])[0, 1, 99, 250, 299])
        {
            long time = start.AddSeconds(i * 10).ToUnixTimeMilliseconds();
            TopicCursor place = _stream.Harness.Run(() => _stream.Broker.PlaceOf(StreamFixture.Stream, time)).Value;
            Assert.Equal((i, 0), (place.OffsetIn(0), place.OffsetIn(1)));
        }
    }

    private Task<Result<ReceivedMessages>> Wait(int partition) => BrokerHarness.Begin(() => _stream.Broker.ReadRecords(
        StreamFixture.Stream, TopicCursor.Select([new(partition, 0)]), 10, 10_000, CancellationToken.None));
}
