using QueueService.Broker.Idempotency;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Streams;

public sealed class AppendTests : IDisposable
{
    private readonly StreamFixture _stream = new();

    public void Dispose() => _stream.Dispose();

    [Fact]
    public void Records_of_a_key_are_in_one_partition_in_the_order_of_the_request()
    {
        _stream.Create(StreamFixture.Config(partitions: 4));
        (int Partition, long Offset)[] places =
            _stream.Append(("21", "a"), ("foobar", "b"), ("21", "c"), ("abc", "d"), ("21", "e"));
        Assert.Equal([(0, 0), (2, 0), (0, 1), (3, 0), (0, 2)], places);
        Assert.Equal(["a", "c", "e"], _stream.Bodies(0));
        Assert.Equal(["b"], _stream.Bodies(2));
    }

    [Fact]
    public void Records_without_a_key_stay_together_and_the_next_request_goes_elsewhere()
    {
        _stream.Create(StreamFixture.Config(partitions: 3));
        int[] first = [.. _stream.Append((null, "1"), (null, "2")).Select(static place => place.Partition).Distinct()];
        int[] second = [.. _stream.Append((null, "3")).Select(static place => place.Partition)];
        int[] third = [.. _stream.Append((null, "4")).Select(static place => place.Partition)];
        Assert.Single(first);
        Assert.Equal([0, 1, 2], first.Concat(second).Concat(third).Order());
    }

    [Fact]
    public void A_batch_with_a_partition_that_is_not_there_is_refused_as_a_whole()
    {
        _stream.Create(StreamFixture.Config(partitions: 2));
        using MessageBatch batch = StreamFixture.Batch(("21", "a"));
        batch.Add(MessageHeaders.None, "b"u8, new SendOptions { Partition = 2 });
        Result<AppendOutcome> result = _stream.Harness.Run(() => _stream.Broker.Append(StreamFixture.Stream, batch));
        Assert.Equal(BrokerError.PartitionNotFound, result.Error);
        Assert.All(_stream.Partitions(), static partition => Assert.Equal(0, partition.EndOffset));
    }

    [Fact]
    public void A_partial_batch_keeps_what_is_valid()
    {
        _stream.Create(StreamFixture.Config(partitions: 2) with { MaxMessageBytes = 3 });
        using MessageBatch batch = StreamFixture.Batch(("21", "a"), ("21", "long"), ("21", "b"));
        batch.Partial = true;
        AppendOutcome outcome =
            _stream.Harness.Run(() => _stream.Broker.Append(StreamFixture.Stream, batch)).Value;
        Assert.Equal([BrokerError.None, BrokerError.MessageTooLarge, BrokerError.None], outcome.Errors);
        Assert.Equal(((0, 0), (0, 1)), (batch.PlaceOf(0), batch.PlaceOf(2)));
        Assert.Equal(["a", "b"], _stream.Bodies(0));
    }

    [Fact]
    public void What_was_appended_is_there_after_a_kill_and_after_a_power_cut()
    {
        _stream.Create(StreamFixture.Config(partitions: 8));
        var expected = new Dictionary<int, List<string>>();
        for (int i = 0; i < 600; i++)
        {
            foreach (((int partition, long offset), string body) in _stream.Append(($"k{i % 37}", $"{i}"), (null, $"n{i}"))
                .Zip([$"{i}", $"n{i}"]))
            {
                List<string> records =
                    expected.TryGetValue(partition, out List<string>? known) ? known : expected[partition] = [];
                Assert.Equal(records.Count, offset);
                records.Add(body);
            }

            if (i % 150 == 70) _stream.Harness.KillAndRestart();
            if (i % 150 == 140) _stream.Harness.CutPowerAndRestart((ulong)i);
        }

        foreach ((int partition, List<string> records) in expected)
            Assert.Equal(records, _stream.Bodies(partition, max: 10_000));
    }

    [Fact]
    public void Partitions_can_be_added_and_never_taken_away()
    {
        _stream.Create(StreamFixture.Config(partitions: 2));
        _stream.Append(("21", "a"));
        Assert.True(_stream.TryCreate(StreamFixture.Config(partitions: 5)).Succeeded);
        Assert.Equal(BrokerError.ImmutableField, _stream.TryCreate(StreamFixture.Config(partitions: 4)).Error);
        Assert.Equal(5, _stream.Partitions().Count);
        _stream.Harness.KillAndRestart();
        Assert.Equal(5, _stream.Partitions().Count);
        Assert.Equal(479470107 % 5, Assert.Single(_stream.Append(("abc", "b"))).Partition);
        Assert.Equal(["a"], _stream.Bodies(0));
    }

    [Fact]
    public void A_call_that_is_repeated_with_its_key_appends_nothing_and_is_told_where_the_records_are()
    {
        _stream.Create(StreamFixture.Config(partitions: 4));
        _stream.Append((null, "before"));
        (int, long)[] first = AppendKeyed(out bool wasReplayed);
        Assert.False(wasReplayed);
        _stream.Harness.KillAndRestart();
        _stream.Append((null, "between"));
        Assert.Equal(first, AppendKeyed(out wasReplayed));
        Assert.True(wasReplayed);
        Assert.Equal(5, _stream.Partitions().Sum(static partition => partition.EndOffset));
    }

    [Fact]
    public void A_refused_call_with_a_key_leaves_nothing_for_the_append_after_it()
    {
        _stream.Create(StreamFixture.Config());
        Assert.True(StreamName.TryParse("absent", out StreamName absent));
        Assert.Equal(BrokerError.StreamNotFound, AppendKeyed());
        _stream.Append((null, "without a key"));
        Assert.Equal(BrokerError.StreamNotFound, AppendKeyed());

        BrokerError AppendKeyed()
        {
            using MessageBatch batch = StreamFixture.Batch((null, "a"));
            return _stream.Harness.Run(() =>
                _stream.Broker.Append(absent, batch, producer: null, new IdempotencyToken(7, 7))).Error;
        }
    }

    [Fact]
    public void A_stream_of_weaker_durability_never_gives_an_offset_twice_after_a_crash()
    {
        _stream.Create(StreamFixture.Config(partitions: 2) with { Durability = Durability.Memory });
        _stream.Append(("21", "a"), ("abc", "b"));
        long end = _stream.Partitions()[0].EndOffset;
        _stream.Harness.CutPowerAndRestart(7);
        (_, long offset) = Assert.Single(_stream.Append(("21", "c")));
        Assert.True(offset >= end);
        Assert.Equal("c", _stream.Bodies(0, offset).Single());

        // A reader from the beginning passes over what was left out.
        Assert.Equal("c", _stream.Bodies(0, max: 2)[^1]);
    }

    private (int, long)[] AppendKeyed(out bool wasReplayed)
    {
        using MessageBatch batch = StreamFixture.Batch(("21", "a"), (null, "b"), ("foobar", "c"));
        var token = new IdempotencyToken(1, 2);
        Result<AppendOutcome> result =
            _stream.Harness.Run(() => _stream.Broker.Append(StreamFixture.Stream, batch, token: token));
        Assert.True(result.Succeeded);
        wasReplayed = token.IsReplayed;
        return [.. Enumerable.Range(0, batch.Count).Select(batch.PlaceOf)];
    }
}
