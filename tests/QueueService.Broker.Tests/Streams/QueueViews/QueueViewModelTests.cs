using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Streams.QueueViews;

/// <summary>Seeded operations on a queue view, beside a dictionary that knows what is to become of every record: it is
/// delivered until it is acknowledged, never after, and never to two at once, over restarts, growth and retention.
/// </summary>
public sealed class QueueViewModelTests
{
    private const int Seeds = 200;
    private const int Steps = 120;

    [Fact]
    public void Every_record_is_delivered_until_it_is_acknowledged_given_up_or_gone_and_never_after()
    {
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            using var run = new ViewModel(seed);
            try
            {
                for (int i = 0; i < Steps; i++) run.Step();
                run.Drain();
            }
            catch (Exception wrong)
            {
                throw new InvalidOperationException($"Seed {seed}: {wrong.Message}", wrong);
            }
        }
    }

    private sealed class ViewModel : IDisposable
    {
        private const int Lease = 20_000;
        private const int MaxReceives = 3;

        private readonly ViewFixture _clicks = new();
        private readonly SeededRandom _random;
        private readonly SortedDictionary<(int Partition, long Offset), Entry> _records = [];
        private readonly List<Record> _receipts = [];
        private int _partitions;
        private int _next;

        public ViewModel(ulong seed)
        {
            _random = new SeededRandom(seed);
            _partitions = 1 + _random.Next(4);
            Create();
            _clicks.Harness.CreateQueue("dead");
            bool givesUp = _random.Next(2) == 0;
            _clicks.View(new QueueConfig
            {
                VisibilityTimeoutSeconds = Lease / 1_000,
                Redrive = givesUp ? new RedrivePolicy("dead", MaxReceives) : null,
            });
        }

        private long Now => _clicks.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();

        public void Dispose() => _clicks.Dispose();

        public void Step()
        {
            switch (_random.Next(20))
            {
                case < 6: Append(); break;
                case < 11: Receive(1 + _random.Next(12)); break;
                case < 14: Settle(); break;
                case < 16: _clicks.Harness.AdvanceMilliseconds(_random.Next(15_000)); break;
                case 16: Sweep(); break;
                case 17: Grow(); break;
                case 18: Restart(); break;
                default: _clicks.Harness.AdvanceMilliseconds(1 + _random.Next(200_000)); break;
            }
        }

        /// <summary>After the last step everything that is left is delivered, and nothing else.</summary>
        public void Drain()
        {
            Sweep();
            while (Receive(1_000) is { Count: > 0 } records)
                foreach (Record record in records) Acknowledge(record);
            for (int i = 0; i < MaxReceives + 1; i++)
            {
                _clicks.Harness.AdvanceMilliseconds(Lease + 1);
                Sweep();
                while (Receive(1_000) is { Count: > 0 } records)
                    foreach (Record record in records) Acknowledge(record);
            }

            Dictionary<(int, long), int> dead = DeadLetters();
            foreach ((var place, Entry entry) in _records)
            {
                int ends = (entry.IsAcknowledged ? 1 : 0) + (entry.IsGone ? 1 : 0) + dead.GetValueOrDefault(place);
                Check(ends == 1, $"{place} ended {ends} times");
            }

            QueueStats stats = _clicks.Stats();
            Check(
                stats.MissedTotal == _records.Values.Count(static entry => entry.IsGone), "missed are counted wrongly");
            Check(stats.DeletedTotal == _records.Values.Count(static entry => entry.IsAcknowledged), "acknowledged");
            Check(stats.DeadLetteredTotal == dead.Count, "dead-lettered");
            Check(stats is { Available: 0, Leased: 0, Delayed: 0, Blocked: 0 }, $"something is left: {stats}");
        }

        private void Create() => _clicks.Create(_partitions, new QueueConfig { RetentionSeconds = 600 });

        private void Append()
        {
            int partition = _random.Next(_partitions);
            string[] bodies = [.. Enumerable.Range(0, 1 + _random.Next(8)).Select(_ => $"{_next++}")];
            long offset = _clicks.Stream.Partitions()[partition].EndOffset;
            _clicks.AppendTo(partition, bodies);
            foreach (string body in bodies) _records.Add((partition, offset++), new Entry { Body = body });
        }

        private List<Record> Receive(int max)
        {
            List<Record> records = _clicks.Receive(max);
            foreach (Record record in records)
            {
                Entry entry = _records[(record.Partition, record.Offset)];
                Check(record.Body == entry.Body, $"{record} is not {entry.Body}");
                Check(!entry.IsAcknowledged && !entry.IsGone, $"{record} had ended");
                Check(entry.LeasedUntil <= Now, $"{record} is leased");
                Check(record.ReceiveCount == ++entry.Receives, $"{record} was received {entry.Receives} times");
                entry.LeasedUntil = Now + Lease;
                entry.Receipt = record.Receipt;
            }

            _receipts.AddRange(records);
            return records;
        }

        private void Settle()
        {
            if (_receipts.Count == 0) return;
            Record record = _receipts[_random.Next(_receipts.Count)];
            if (_random.Next(3) > 0)
            {
                Acknowledge(record);
                return;
            }

            Entry entry = _records[(record.Partition, record.Offset)];
            long delay = _random.Next(10_000);
            bool held = Holds(record, entry);
            Settlement settlement = _random.Next(2) == 0 ? Settlement.Release : Settlement.Extend;
            if (settlement == Settlement.Extend) delay += 1;
            BrokerError error = _clicks.Settle(settlement, delay, record.Receipt)[0];
            Check(held == (error == BrokerError.None), $"{settlement} of {record} answered {error}");
            if (!held) return;
            entry.LeasedUntil = Now + delay;
            if (settlement == Settlement.Release) entry.Receipt = default;
        }

        private void Acknowledge(Record record)
        {
            Entry entry = _records[(record.Partition, record.Offset)];
            bool held = Holds(record, entry);
            BrokerError error = _clicks.Acknowledge(record);
            Check(held == (error == BrokerError.None), $"{record} answered {error}");
            Check(!entry.IsGone || error == BrokerError.RecordExpired, $"{record} is gone and answered {error}");
            if (!held) return;
            entry.IsAcknowledged = true;
            entry.Receipt = default;
        }

        private bool Holds(Record record, Entry entry) =>
            !entry.IsGone && entry.Receipt == record.Receipt && entry.LeasedUntil > Now;

        private void Sweep()
        {
            _clicks.Harness.Sweep();
            foreach (PartitionState partition in _clicks.Stream.Partitions())
            {
                for (long offset = 0; offset < partition.EarliestOffset; offset++)
                {
                    Entry entry = _records[(partition.Partition, offset)];
                    entry.IsGone |= !entry.IsAcknowledged && !WasGivenUp(partition.Partition, offset);
                }
            }
        }

        /// <summary>Moved by this sweep or one before.</summary>
        private bool WasGivenUp(int partition, long offset) => DeadLetters().ContainsKey((partition, offset));

        private void Grow()
        {
            _partitions = Math.Min(_partitions + 1 + _random.Next(3), 30);
            Create();
        }

        private void Restart()
        {
            switch (_random.Next(3))
            {
                case 0: _clicks.Harness.KillAndRestart(); break;
                case 1: _clicks.Harness.CloseAndRestart(); break;
                default: _clicks.Harness.CutPowerAndRestart((ulong)_random.Next(1_000)); break;
            }
        }

        private Dictionary<(int, long), int> DeadLetters()
        {
            var found = new Dictionary<(int, long), int>();
            using ReceivedMessages messages = _clicks.Harness.Run(() => _clicks.Broker.Browse(
                BrokerHarness.Name("dead"), new BrowseRequest { Limit = 1_000 })).Value;
            for (int i = 0; i < messages.Count; i++)
            {
                Check(messages.TryRead(i, out MessageView message), "a dead letter cannot be read");
                MessageOrigin origin = message.Origin!;
                long position = origin.Id.SequenceNumber;
                var place = (Position.LaneOf(position), Position.OffsetOf(position));
                Check(origin.ReceiveCount >= MaxReceives, $"{place} was given up early");
                found[place] = found.GetValueOrDefault(place) + 1;
            }

            return found;
        }

        private static void Check(bool holds, string otherwise)
        {
            if (!holds) throw new InvalidOperationException(otherwise);
        }

        private sealed class Entry
        {
            public required string Body { get; init; }

            public int Receives { get; set; }

            public long LeasedUntil { get; set; }

            public ReceiptHandle Receipt { get; set; }

            public bool IsAcknowledged { get; set; }

            /// <summary>Retention took it first.</summary>
            public bool IsGone { get; set; }
        }
    }
}
