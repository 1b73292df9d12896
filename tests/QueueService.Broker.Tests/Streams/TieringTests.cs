using System.Text;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Broker.Topics;
using QueueService.Storage.Logs;
using QueueService.Storage.Tiering;
using QueueService.Testing;
using static QueueService.Broker.Tests.Streams.TierFixture;

namespace QueueService.Broker.Tests.Streams;

/// <summary>Streams whose segments go to a directory on another simulated disk.</summary>
public sealed class TieringTests : IDisposable
{
    private readonly SimulatedDisk _objects = new();
    private readonly StreamFixture _stream;

    public TieringTests() => _stream = new StreamFixture(TierFixture.Options(_objects));

    public void Dispose() => _stream.Dispose();

    [Fact]
    public void Records_in_the_object_store_are_read_by_offset_and_time_and_by_groups()
    {
        _stream.Create(Config(new StreamTier(0, null)));
        DateTimeOffset start = _stream.Harness.Time.GetUtcNow();
        for (int i = 0; i < 300; i++)
        {
            _stream.Append((null, Body(i)));
            _stream.Harness.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(Move().Moved > 3);
        _stream.Harness.KillAndRestart();
        Assert.True(Move().Moved > 0);
        for (int i = 0; i < 300; i += 7) Assert.Equal(Body(i), _stream.Bodies(0, i, max: 1).Single());
        foreach (int i in (int[])[0, 1, 17, 99, 200])
        {
            long time = start.AddSeconds(i).ToUnixTimeMilliseconds();
            TopicCursor place = _stream.Harness.Run(() => _stream.Broker.PlaceOf(StreamFixture.Stream, time)).Value;
            Assert.Equal(i, place.OffsetIn(0));
        }

        Assert.Equal(Body(0), Poll(autoCommit: true).First());
        Assert.Equal(Body(10), Poll(autoCommit: true).First());
    }

    [Fact]
    public void While_the_object_store_fails_a_read_and_a_poll_say_so_and_nothing_is_passed_over()
    {
        FillAndMove();
        _objects.Fail(DiskOperation.Open, times: 1_000);
        Assert.Equal(BrokerError.TierUnavailable, TryRead(0).Error);
        Assert.Equal(BrokerError.TierUnavailable, _stream.Harness.Run(() => _stream.Broker.Poll(
            Group, new PollRequest("m", 10) { AutoCommit = true }, CancellationToken.None)).Error);
        Assert.Equal(
            BrokerError.TierUnavailable,
            _stream.Harness.Run(() => _stream.Broker.PlaceOf(StreamFixture.Stream, FirstTime() + 1)).Error);

        // What is known of it without asking is said.
        Assert.True(_stream.Harness.Run(() => _stream.Broker.GetQueue(StreamFixture.Stream.Address)).Succeeded);
        _objects.StopFailing();
        Assert.Equal(Body(0), _stream.Bodies(0, 0, max: 1).Single());
        Assert.Equal(Body(0), Poll(autoCommit: false).First());
    }

    [Fact]
    public void Retention_takes_whole_segments_from_the_object_store()
    {
        FillAndMove();
        int before = Objects().Count;
        Assert.True(before > 3);
        _stream.Harness.Time.Advance(TimeSpan.FromDays(8));
        _stream.Harness.Sweep();

        // What is in memory goes when what lies before it has gone.
        _stream.Harness.Sweep();
        Assert.Equal(300, _stream.Partitions()[0].EarliestOffset);
        Checkpoints();
        Assert.Equal(before, Move().Deleted);
        Assert.Empty(Objects());
    }

    [Fact]
    public void A_stream_without_a_policy_keeps_its_segments_here()
    {
        _stream.Create(Config(null));
        for (int i = 0; i < 100; i++) _stream.Append((null, Body(i)));
        Assert.Equal(0, Move().Moved);
        Assert.Empty(Objects());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Whatever_crashes_and_fails_every_record_is_there_in_its_place(ulong seed)
    {
        var random = new SeededRandom(seed);
        var kept = new List<string>();
        _stream.Create(Config(new StreamTier(random.Next(60), random.Chance(1, 2) ? random.Next(40_000) : null)));
        for (int step = 0; step < 150; step++)
        {
            _stream.Harness.Time.Advance(TimeSpan.FromMilliseconds(random.Next(20_000)));
            Step(random, kept);
        }

        _objects.StopFailing();
        for (int offset = 0; offset < kept.Count; offset += 100)
            Assert.Equal(kept.Skip(offset).Take(100), _stream.Bodies(0, offset));
        Checkpoints();
        Move();
        Checkpoints();
        Assert.Null(Move().Failure);
        Assert.Equal(
            _stream.Broker.Shard.Store.RemoteNames().Order(StringComparer.Ordinal),
            Objects().Order(StringComparer.Ordinal));
    }

    private static GroupName Group { get; } =
        GroupName.TryParse(StreamFixture.Stream, "g", out GroupName name) ? name : throw new ArgumentException("g");

    private static QueueConfig Config(StreamTier? tier) => new()
    {
        RetentionSeconds = StreamLimits.DefaultRetentionSeconds, Stream = new StreamConfig { Tier = tier },
    };

    private void Step(SeededRandom random, List<string> kept)
    {
        switch (random.Next(20))
        {
            case < 8:
                string[] bodies = [.. Enumerable.Range(kept.Count, 1 + random.Next(20)).Select(Body)];
                _stream.Append([.. bodies.Select(static body => ((string?)null, body))]);
                kept.AddRange(bodies);
                break;
            case < 12:
                Move();
                break;
            case < 13:
                _objects.Fail(
                    (DiskOperation)random.Next((int)Enum.GetValues<DiskOperation>().Max()), 1 + random.Next(10));
                break;
            case < 14:
                Checkpoints();
                break;
            case < 15:
                _stream.Harness.KillAndRestart();
                break;
            case < 16:
                _stream.Harness.CutPowerAndRestart(random.Next());
                break;
            case < 17:
                _stream.Harness.CloseAndRestart();
                break;
            default:
                if (kept.Count > 0) ReadSome(random.Next(kept.Count), kept);
                break;
        }
    }

    private void ReadSome(int from, List<string> kept)
    {
        Result<ReceivedMessages> read = TryRead(from);
        if (read.Error == BrokerError.TierUnavailable) return;
        Assert.Equal(BrokerError.None, read.Error);
        using ReceivedMessages records = read.Value;
        Assert.Equal(kept.Skip(from).Take(records.Count), StreamFixture.Bodies(records));
        Assert.True(records.Count > 0);
    }

    private void FillAndMove()
    {
        _stream.Create(Config(new StreamTier(0, null)));
        for (int i = 0; i < 300; i++)
        {
            _stream.Append((null, Body(i)));
            _stream.Harness.Time.Advance(TimeSpan.FromMilliseconds(10));
        }

        _stream.Harness.CloseAndRestart();
        Assert.True(Move().Moved > 3);
    }

    private long FirstTime() => _stream.Harness.Run(() =>
        _stream.Broker.ListSegments(StreamFixture.Stream, 0, 0, 1)).Value[0].FirstTime!.Value;

    private Result<ReceivedMessages> TryRead(long from) => _stream.Harness.Run(() => _stream.Broker.ReadRecords(
        StreamFixture.Stream, TopicCursor.Select([new(0, from)]), 50, 0, CancellationToken.None));

    private List<string> Poll(bool autoCommit)
    {
        var request = new PollRequest("m", 10) { AutoCommit = autoCommit };
        using PollAnswer answer = _stream.Harness.Run(() =>
            _stream.Broker.Poll(Group, request, CancellationToken.None)).Value;
        return [.. StreamFixture.Bodies(answer.Records!)];
    }

    private TieringPass Move() => TierFixture.Move(_stream.Harness);

    private void Checkpoints()
    {
        for (int i = 0; i < 40; i++)
        {
            _stream.Harness.Time.Advance(TimeSpan.FromSeconds(10));
            _stream.Harness.Turn();
        }
    }

    private List<string> Objects() =>
    [
        .. _objects.ListFolders("").SelectMany(store => _objects.ListFolders(store).SelectMany(log =>
            _objects.ListFiles($"{store}/{log}").Select(name => $"{store}/{log}/{name}"))),
    ];
}
