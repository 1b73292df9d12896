using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Storage;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Streams;

public sealed class CompactionTests : IDisposable
{
    private static readonly QueueConfig Compacted = new()
    {
        RetentionSeconds = StreamLimits.DefaultRetentionSeconds,
        Stream = new StreamConfig { Cleanup = CleanupPolicy.Compact, DeleteRetentionSeconds = 3_600 },
    };

    private readonly StreamFixture _stream = new();

    public void Dispose() => _stream.Dispose();

    [Fact]
    public void A_page_goes_over_the_holes_and_says_where_to_go_on()
    {
        _stream.Create(Compacted);
        for (int i = 0; i < 500; i++) _stream.Append(("a", $"a{i}"), ("b", $"b{i}"));
        Compact();
        Assert.Equal(["a499", "b499"], _stream.Bodies(0, from: 0));
        _stream.Append(("a", "a500"));
        using ReceivedMessages first = _stream.Read(0, from: 3, max: 2);
        Assert.Equal(["a499", "b499"], StreamFixture.Bodies(first));
        Assert.Equal(
            (1_000, 1_001, 0), (first.NextCursor!.OffsetIn(0), first.EndCursor!.OffsetIn(0), first.Lost));
        Assert.Equal(["a500"], _stream.Bodies(0, from: 1_000));
    }

    [Fact]
    public void After_a_restart_the_holes_are_looked_up_once_and_nobody_gets_an_empty_page()
    {
        _stream.Create(Compacted);
        for (int i = 0; i < 500; i++) _stream.Append(("a", $"a{i}"), ("b", $"b{i}"));
        Compact();
        _stream.Harness.KillAndRestart();
        Assert.Equal(1_000, _stream.Partitions()[0].EndOffset);
        Checkpoints();
        Compact();
        Checkpoints();
        _stream.Harness.CutPowerAndRestart(1);
        Assert.Equal(["a499"], _stream.Bodies(0, from: 0, max: 1));
        Assert.Equal(["b499"], _stream.Bodies(0, from: 999, max: 1));
    }

    [Fact]
    public void A_group_reads_over_the_holes_and_its_lag_stays_a_difference_of_offsets()
    {
        _stream.Create(Compacted);
        for (int i = 0; i < 500; i++) _stream.Append(("a", $"a{i}"), ("b", $"b{i}"));
        Compact();
        Checkpoints();
        _stream.Harness.KillAndRestart();
        GroupName group = Groups.GroupFixture.Named("g");
        _stream.Harness.Run(() => _stream.Broker.PutGroup(
            group, new GroupConfig { AutoOffsetReset = OffsetReset.Earliest }, Precondition.None));
        using PollAnswer poll = Poll(group, new PollRequest("m", 1) { AutoCommit = true });
        Assert.Equal(["a499"], StreamFixture.Bodies(poll.Records!));
        Assert.Equal((999, 1), (poll.NextOffsets[0], poll.Lag));
        Assert.Empty(poll.Gaps);
        using PollAnswer next = Poll(group, new PollRequest("m", 10) { AutoCommit = true });
        Assert.Equal(["b499"], StreamFixture.Bodies(next.Records!));
        GroupDescription description = _stream.Harness.Run(() => _stream.Broker.GetGroup(group)).Value;
        Assert.Equal((1_000, 0), (description.Partitions[0].Committed, description.Partitions[0].Lag));
        Assert.Equal(0, description.Partitions[0].MissedTotal);
    }

    [Fact]
    public void By_itself_a_partition_is_compacted_when_enough_of_it_is_dirty()
    {
        _stream.Create(Compacted);
        string body = new('x', 10_000);
        for (int i = 0; i < 90; i++) _stream.Append(("a", body));
        Assert.Equal(0, Run(all: false).Partitions);
        for (int i = 0; i < 30; i++) _stream.Append(("a", body));
        Assert.Equal(0, Run(all: false).Partitions);
        Advance(StreamLimits.SupersededKeptMilliseconds);
        long dropped = Run(all: false).Dropped;
        Assert.InRange(dropped, 110, 119);
        Assert.Equal(0, Run(all: false).Partitions);
        CompactionState state = _stream.Partitions()[0].Compaction!;
        Assert.Equal(10_000 * (120 - dropped), state.StoredBytes, 2_000d);
        Assert.InRange(state.DirtyBytes, 0, 10_000 * (119 - dropped) + 2_000);
        Advance(StreamLimits.MaxDirtyMilliseconds + 1);
        Assert.Equal(119 - dropped, Run(all: false).Dropped);
        state = _stream.Partitions()[0].Compaction!;
        Assert.InRange(state.StoredBytes, 10_000, 11_000);
        Assert.Equal(0, state.DirtyBytes);
        _stream.Append(("a", "little"));
        Assert.Equal(0, Run(all: false).Partitions);
    }

    [Fact]
    public void Bytes_are_kept_as_they_are_after_compaction()
    {
        _stream.Create(Compacted with
        {
            Stream = Compacted.Stream! with { Cleanup = CleanupPolicy.CompactAndDelete, RetentionBytes = 1_048_576 },
        });
        string body = new('x', 10_000);
        for (int i = 0; i < 100; i++) _stream.Append(("a", body), ("b", body));
        Compact();
        for (int i = 0; i < 50; i++) _stream.Append(("c", body));
        _stream.Harness.Sweep();
        Assert.Equal(0, _stream.Partitions()[0].EarliestOffset);
        Assert.Equal(52, _stream.Bodies(0).Length);
        Advance(StreamLimits.DefaultRetentionSeconds * 1_000L);
        _stream.Append(("d", "young"));
        _stream.Harness.Sweep();
        Advance(11_000);
        _stream.Harness.Sweep();
        Assert.Equal(["young"], _stream.Bodies(0, from: 250));
    }

    [Fact]
    public void Reading_everything_gives_the_newest_value_of_each_key_over_restarts_and_cuts()
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var random = new SeededRandom(seed);
            using var stream = new StreamFixture(SmallSegments);
            stream.Create(Compacted with { Stream = Compacted.Stream! with { Partitions = 3 } });
            var newest = new Dictionary<string, string?>();
            for (int step = 0; step < 40; step++)
            {
                switch (random.Next(8))
                {
                    case 0: stream.Harness.KillAndRestart(); break;
                    case 1: stream.Harness.CutPowerAndRestart(random.Next()); break;
                    case 2: stream.Harness.Time.Advance(TimeSpan.FromMinutes(random.Next(100))); break;
                    case 3: stream.Harness.Run(() => Compact(stream), turns: 20_000); break;
                    default: AppendSome(stream, random, newest, step); break;
                }

                if (step % 8 == 7)
                    Assert.Equal(
                        newest.Where(static pair => pair.Value is not null).OrderBy(Key), Table(stream).OrderBy(Key));
            }
        }
    }

    private static BrokerOptions SmallSegments => BrokerHarness.Small with
    {
        Storage =
            BrokerHarness.Small.Storage with { SegmentBytes = 8 << 10, RunBytes = 1 << 10, TailCacheBytes = 32 << 10 },
    };

    private static string Key(KeyValuePair<string, string?> pair) => pair.Key;

    private static void AppendSome(
        StreamFixture stream, SeededRandom random, Dictionary<string, string?> newest, int step)
    {
        using MessageBatch batch = MessageBatch.Rent();
        for (int i = 1 + random.Next(80); i > 0; i--)
        {
            string key = $"key-{random.Next(40)}";
            string? value = random.Chance(1, 5) ? null : $"{step}.{i}";
            batch.Add(
                new MessageHeaders { Key = key, IsTombstone = value is null }, Encoding.UTF8.GetBytes(value ?? ""));
            newest[key] = value;
        }

        Assert.True(stream.Harness.Run(() => stream.Broker.Append(StreamFixture.Stream, batch)).Succeeded);
    }

    private static Dictionary<string, string?> Table(StreamFixture stream)
    {
        var table = new Dictionary<string, string?>();
        foreach (PartitionState partition in stream.Partitions())
        {
            for (long from = 0; from < partition.EndOffset;)
            {
                using ReceivedMessages page = stream.Read(partition.Partition, from, max: 7);
                Assert.True(page.Count > 0);
                for (int i = 0; i < page.Count; i++)
                {
                    Assert.True(page.TryRead(i, out MessageView record));
                    Assert.True(record.Offset >= from);
                    if (record.IsTombstone) table.Remove(Encoding.UTF8.GetString(record.Key));
                    else table[Encoding.UTF8.GetString(record.Key)] = Encoding.UTF8.GetString(record.Body);
                }

                from = page.NextCursor!.OffsetIn(partition.Partition)!.Value;
            }
        }

        return table;
    }

    private static async ValueTask<CompactionRun> Compact(StreamFixture stream)
    {
        CompactionRun run = await stream.Broker.CompactStreams(all: true, CancellationToken.None);
        Assert.Empty(run.Failures);
        return run;
    }

    private PollAnswer Poll(GroupName group, PollRequest request) =>
        _stream.Harness.Run(() => _stream.Broker.Poll(group, request, CancellationToken.None)).Value;

    private void Advance(long milliseconds) => _stream.Harness.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private void Compact()
    {
        Advance(StreamLimits.SupersededKeptMilliseconds);
        Assert.Empty(Run(all: true).Failures);
    }

    private CompactionRun Run(bool all) => _stream.Harness.Run(
        () => new ValueTask<CompactionRun>(_stream.Broker.CompactStreams(all, CancellationToken.None)), turns: 20_000);

    private void Checkpoints()
    {
        for (int i = 0; i < 4; i++)
        {
            Advance(31_000);
            for (int turn = 0; turn < 30; turn++) _stream.Broker.Loop.Turn(wait: false);
        }
    }
}
