using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Broker.Topics;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Streams.Model;

/// <summary>One random sequence: every answer of the broker is compared with the lists.</summary>
internal sealed partial class StreamModelRun : IDisposable
{
    public const int RetentionSeconds = 3_600;
    public const int DeleteRetentionSeconds = 600;

    private const int MaxPartitions = 4;

    private readonly SeededRandom _random;
    private readonly StreamFixture _fixture = new(BrokerHarness.Small);
    private readonly NaiveStream _stream;
    private readonly Dictionary<int, long> _earliest = [];
    private long _sequence;
    private int _bodies;
    private string[] _last = [];

    public StreamModelRun(SeededRandom random)
    {
        _random = random;
        _stream = new NaiveStream { IsCompacted = random.Chance(2, 3), Partitions = 1 + random.Next(3) };
        _fixture.Create(Config());
    }

    /// <summary>What was done, for whoever looks into a failure.</summary>
    public List<string> Trace { get; } = [];

    /// <summary>Records that a read left out because they were compacted.</summary>
    public int Holes { get; private set; }

    /// <summary>Records that retention had taken before they were read.</summary>
    public int Expired { get; private set; }

    private MessageBroker Broker => _fixture.Broker;

    private long Now => _fixture.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Dispose() => _fixture.Dispose();

    public void Step()
    {
        switch (_random.Next(32))
        {
            case < 10: Append(); break;
            case < 12: Produce(); break;
            case < 17: Read(); break;
            case < 19: Pass(_random.Next(400_000)); break;
            case 19: Pass(_random.Next(4_000_000)); break;
            case < 22: Compact(); break;
            case < 24: Restart(); break;
            case 24: Grow(); break;
            case < 28: Poll(); break;
            case 28: Leave(); break;
            case 29: Reset(); break;
            default: Describe(); break;
        }
    }

    /// <summary>At the end, everything that must be there is, and nothing else.</summary>
    public void ReadEverything()
    {
        Trace.Add("read everything");
        for (int partition = 0; partition < _stream.Partitions; partition++)
        {
            long next = 0;
            while (next < _stream[partition].Count) next = ReadFrom(partition, next, 1_000);
        }
    }

    private QueueConfig Config() => new()
    {
        RetentionSeconds = RetentionSeconds,
        Stream = new StreamConfig
        {
            Partitions = _stream.Partitions,
            Cleanup = _stream.IsCompacted ? CleanupPolicy.CompactAndDelete : CleanupPolicy.Delete,
            DeleteRetentionSeconds = DeleteRetentionSeconds,
        },
    };

    private void Append()
    {
        int count = _random.Chance(1, 6) ? 40 : 1 + _random.Next(5);
        using MessageBatch batch = MessageBatch.Rent();
        var records = new List<(int? Partition, string? Key, string? Body)>();
        for (int i = 0; i < count; i++)
        {
            string? key = _stream.IsCompacted || _random.Chance(1, 2) ? $"k{_random.Next(6)}" : null;
            int? partition = _random.Chance(1, 4) ? _random.Next(_stream.Partitions) : null;
            string? body = _stream.IsCompacted && _random.Chance(1, 6) ? null : Body();
            records.Add((partition, key, body));
            batch.Add(
                new MessageHeaders { Key = key, IsTombstone = body is null }, Encoding.UTF8.GetBytes(body ?? ""),
                new SendOptions { Partition = partition });
        }

        Trace.Add($"append {string.Join(' ', records.Select(static one => $"{one.Partition}/{one.Key}/{one.Body?.TrimEnd('.')}"))}");
        Result<AppendOutcome> result = _fixture.Harness.Run(() => Broker.Append(StreamFixture.Stream, batch));
        Assert.Equal((BrokerError.None, BrokerError.None), (result.Error, result.Value.Refused));
        for (int i = 0; i < count; i++)
        {
            (int partition, long offset) = batch.PlaceOf(i);
            Assert.Equal(records[i].Partition ?? partition, partition);
            if (records[i] is { Partition: null, Key: { } key })
                Assert.Equal(
                    Partitioner.PartitionOf(Partitioner.Hash(Encoding.UTF8.GetBytes(key)), _stream.Partitions),
                    partition);
            Add(partition, offset, records[i].Key, records[i].Body);
        }
    }

    /// <summary>As an exactly-once producer: sometimes the request before is sent once more.</summary>
    private void Produce()
    {
        bool isRepeated = _last.Length > 0 && _random.Chance(1, 3);
        string[] bodies = isRepeated ? _last : [Body(), Body()];
        long sequence = isRepeated ? _sequence - 1 : _sequence;
        Trace.Add($"produce {sequence} {string.Join(' ', bodies.Select(static body => body.TrimEnd('.')))}");
        using MessageBatch batch = StreamFixture.Batch([.. bodies.Select(static body => ((string?)"p", body))]);
        Result<AppendOutcome> result = _fixture.Harness.Run(() =>
            Broker.Append(StreamFixture.Stream, batch, new ProducerState("p", 0, sequence)));
        Assert.Equal((BrokerError.None, BrokerError.None), (result.Error, result.Value.Refused));
        (_last, _sequence) = (bodies, sequence + 1);
        for (int i = 0; i < bodies.Length; i++)
        {
            (int partition, long offset) = batch.PlaceOf(i);
            if (!isRepeated) Add(partition, offset, "p", bodies[i]);
            else Assert.Equal(bodies[i], _stream[partition][(int)offset].Body);
        }
    }

    /// <summary>Offsets have no gaps.</summary>
    private void Add(int partition, long offset, string? key, string? body)
    {
        List<NaiveRecord> records = _stream[partition];
        Assert.Equal(records.Count, offset);
        records.Add(new NaiveRecord(offset, key, body, Now));
    }

    private void Read()
    {
        int partition = _random.Next(_stream.Partitions);
        ReadFrom(partition, _random.Next(_stream[partition].Count + 1), 1 + _random.Next(60));
    }

    /// <summary>Answers where to go on.</summary>
    private long ReadFrom(int partition, long from, int max)
    {
        Trace.Add($"read {partition} from {from}, {max}");
        using ReceivedMessages answer = _fixture.Read(partition, from, max);
        long next = answer.NextCursor!.OffsetIn(partition)!.Value;
        Assert.Equal(_stream[partition].Count, answer.EndCursor!.OffsetIn(partition));
        long first = answer.Lost > 0 ? answer.FirstCursor!.OffsetIn(partition)!.Value : from;
        Assert.Equal(first - from, answer.Lost);
        Check(partition, (from, first, next), answer);
        if (from < _stream[partition].Count) Assert.True(next > from, "a read makes no progress");
        return next;
    }

    /// <summary>Every record that must be there has come, each as it was sent, in order, and none twice.</summary>
    private void Check(int partition, (long From, long First, long Next) range, ReceivedMessages answer)
    {
        List<NaiveRecord> records = _stream[partition];
        for (long offset = range.From; offset < range.First; offset++)
        {
            NaiveRecord lost = records[(int)offset];
            Assert.True(
                NaiveStream.MayBeExpired(lost, Now) || _stream.MayBeCompacted(partition, lost, Now),
                $"{lost} expired early");
        }

        Expired += (int)(range.First - range.From);
        long expected = range.First;
        for (int i = 0; i < answer.Count; i++)
        {
            Assert.True(answer.TryRead(i, out MessageView record));
            if (record.Partition != partition) continue;
            Skip(partition, expected, record.Offset);
            NaiveRecord sent = records[(int)record.Offset];
            Assert.Equal(
                (sent.Body ?? "", sent.Key ?? "", sent.Body is null, sent.At),
                (
                    Encoding.UTF8.GetString(record.Body), Encoding.UTF8.GetString(record.Key), record.IsTombstone,
                    record.SentAt));
            expected = record.Offset + 1;
        }

        Skip(partition, expected, range.Next);
    }

    /// <summary>What was left out may only be gone by compaction.</summary>
    private void Skip(int partition, long from, long to)
    {
        Assert.True(from <= to, $"{from} came before {to}");
        for (long offset = from; offset < to; offset++)
        {
            NaiveRecord left = _stream[partition][(int)offset];
            Assert.True(_stream.MayBeCompacted(partition, left, Now), $"{left} of {partition} was left out");
            Holes++;
        }
    }

    private void Pass(int milliseconds)
    {
        Trace.Add($"pass {milliseconds} ms");
        _fixture.Harness.AdvanceMilliseconds(milliseconds);
        _fixture.Harness.Sweep();
        foreach (PartitionState state in _fixture.Partitions())
        {
            Assert.True(
                state.EarliestOffset >= _earliest.GetValueOrDefault(state.Partition), "the beginning went back");
            _earliest[state.Partition] = state.EarliestOffset;
        }
    }

    private void Compact()
    {
        Trace.Add("compact");
        _fixture.Harness.Run(
            () => new ValueTask<CompactionRun>(Broker.CompactStreams(all: true, CancellationToken.None)),
            turns: 20_000);
    }

    private void Restart()
    {
        bool isKill = _random.Chance(1, 2);
        Trace.Add(isKill ? "kill" : "cut power");
        if (isKill) _fixture.Harness.KillAndRestart();
        else _fixture.Harness.CutPowerAndRestart(_random.Next());
        foreach (PartitionState state in _fixture.Partitions())
            Assert.Equal(_stream[state.Partition].Count, state.EndOffset);
    }

    private void Grow()
    {
        if (_stream.Partitions == MaxPartitions) return;
        _stream.Partitions++;
        Trace.Add($"grow to {_stream.Partitions}");
        _fixture.Create(Config());
    }

    /// <summary>Long enough that some hundred make segments.</summary>
    private string Body() => $"{_bodies++:0000}{new string('.', _random.Next(300))}";
}
