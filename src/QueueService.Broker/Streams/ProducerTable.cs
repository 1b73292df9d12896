using System.Buffers;

namespace QueueService.Broker.Streams;

/// <summary>
/// Who has appended to a stream with a sequence number, folded: a retry is recognised also after a restart. Bounded by
/// number and by age (<see cref="StreamLimits"/>).
/// </summary>
/// <remarks>
/// A record: text id, varint epoch, varint sequence, then <see cref="AppendedRuns"/>.
/// </remarks>
internal sealed class ProducerTable
{
    private readonly SortedDictionary<string, Producer> _producers = new(StringComparer.Ordinal);

    public int Count => _producers.Count;

    /// <summary>What is to become of a request.</summary>
    /// <param name="repeated">With a duplicate: what it did the first time.</param>
    public AppendOutcome Check(ProducerState state, out AppendedRuns? repeated)
    {
        repeated = null;
        bool isKnown = _producers.TryGetValue(state.Id, out Producer? producer);
        if (!isKnown && Count >= StreamLimits.MaxProducers) return Refuse(BrokerError.TooManyProducers);
        if (isKnown && state.Epoch < producer!.Epoch) return Refuse(BrokerError.ProducerFenced, producer.Epoch);
        long expected = isKnown && state.Epoch == producer!.Epoch ? producer.Sequence + 1 : 0;
        if (state.Sequence > expected) return Refuse(BrokerError.ProducerSequenceGap, expected);
        if (state.Sequence == expected) return default;
        repeated = producer!.Outcomes.Find(outcome => outcome.Sequence == state.Sequence).Runs;
        return repeated is null ? Refuse(BrokerError.ProducerSequenceReused) : default;
    }

    /// <summary>The epoch of a producer and the highest sequence in it; -1 when there is none.</summary>
    public (long Epoch, long Sequence) LastOf(string id) =>
        _producers.TryGetValue(id, out Producer? producer) ? (producer.Epoch, producer.Sequence) : (-1, -1);

    /// <summary>Not folded: when somebody looked for silent ones last, Unix milliseconds.</summary>
    public long LastSweep { get; set; }

    /// <summary>Some were silent since then.</summary>
    public bool HasOlder(long time) => _producers.Values.Any(producer => producer.SeenAt < time);

    public static void Write(IBufferWriter<byte> output, ProducerState state, AppendedRuns runs)
    {
        output.WriteText(state.Id);
        output.WriteVarint((ulong)state.Epoch);
        output.WriteVarint((ulong)state.Sequence);
        runs.Write(output);
    }

    public void Apply(ReadOnlySpan<byte> payload, long time)
    {
        var reader = new SpanReader(payload);
        string id = reader.ReadText();
        long epoch = (long)reader.ReadVarint();
        if (!_producers.TryGetValue(id, out Producer? producer)) _producers.Add(id, producer = new Producer());
        if (producer.Epoch != epoch) producer.Outcomes.Clear();
        producer.Epoch = epoch;
        producer.Sequence = (long)reader.ReadVarint();
        producer.SeenAt = time;
        producer.Outcomes.Add((producer.Sequence, AppendedRuns.Read(ref reader)));
        if (producer.Outcomes.Count > StreamLimits.ProducerOutcomes) producer.Outcomes.RemoveAt(0);
    }

    public void Forget(long before)
    {
        List<string> old =
            [.. _producers.Where(entry => entry.Value.SeenAt < before).Select(static entry => entry.Key)];
        foreach (string id in old) _producers.Remove(id);
    }

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)_producers.Count);
        foreach ((string id, Producer producer) in _producers)
        {
            output.WriteText(id);
            output.WriteVarint((ulong)producer.Epoch);
            output.WriteVarint((ulong)producer.Sequence);
            output.WriteVarint((ulong)producer.SeenAt);
            output.WriteVarint((ulong)producer.Outcomes.Count);
            foreach ((long sequence, AppendedRuns runs) in producer.Outcomes)
            {
                output.WriteVarint((ulong)sequence);
                runs.Write(output);
            }
        }
    }

    public void Restore(ref SpanReader input)
    {
        for (ulong producers = input.ReadVarint(); producers > 0; producers--)
        {
            string id = input.ReadText();
            var producer = new Producer
            {
                Epoch = (long)input.ReadVarint(),
                Sequence = (long)input.ReadVarint(),
                SeenAt = (long)input.ReadVarint(),
            };
            for (ulong outcomes = input.ReadVarint(); outcomes > 0; outcomes--)
                producer.Outcomes.Add(((long)input.ReadVarint(), AppendedRuns.Read(ref input)));
            _producers.Add(id, producer);
        }
    }

    private static AppendOutcome Refuse(BrokerError error, long expected = 0) =>
        new() { Refused = error, Expected = expected };

    private sealed class Producer
    {
        public long Epoch { get; set; }

        /// <summary>Of the last request.</summary>
        public long Sequence { get; set; }

        /// <summary>Unix milliseconds.</summary>
        public long SeenAt { get; set; }

        /// <summary>Of the last requests of this epoch, the oldest first.</summary>
        public List<(long Sequence, AppendedRuns Runs)> Outcomes { get; } = [];
    }
}
