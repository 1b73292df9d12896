using System.Buffers;
using System.Numerics;

namespace QueueService.Broker.Queues;

/// <summary>
/// What was sent to a FIFO queue in the last five minutes, by key: generations of a minute each, the newest last. An
/// entry is never forgotten early; a generation goes when its last entry is out of the window.
/// </summary>
/// <param name="tally">Counts the entries of all windows: their limit is one for the whole shard.</param>
internal sealed class DeduplicationWindow(DeduplicationTally tally)
{
    /// <summary>As in SQS.</summary>
    public const long Milliseconds = 300_000;

    private const long GenerationMilliseconds = 60_000;

    private readonly List<Generation> _generations = [];

    public int Count => _generations.Sum(static generation => generation.Count);

    public bool IsEmpty => _generations.Count == 0;

    /// <summary>Everything in it is out of the window.</summary>
    public bool IsOver(long now) => _generations.Count > 0 && _generations[^1].LastTime <= now - Milliseconds;

    /// <summary>The message that was sent with this key and still counts.</summary>
    public bool TryFind(UInt128 key, long now, out Duplicate original)
    {
        for (int i = _generations.Count - 1; i >= 0; i--)
        {
            if (_generations[i].LastTime <= now - Milliseconds) break;
            if (_generations[i].TryFind(key, out original)) return original.SentAt > now - Milliseconds;
        }

        original = default;
        return false;
    }

    public void Add(in Duplicate sent)
    {
        Forget(sent.SentAt);
        if (_generations.Count == 0 || sent.SentAt - _generations[^1].FirstTime >= GenerationMilliseconds)
            _generations.Add(new Generation(sent.SentAt));
        _generations[^1].Add(sent);
        tally.Count++;
    }

    /// <summary>Forgets generations that are out of the window at this time.</summary>
    public void Forget(long now)
    {
        int over = 0;
        while (over < _generations.Count && _generations[over].LastTime <= now - Milliseconds)
            tally.Count -= _generations[over++].Count;
        if (over > 0) _generations.RemoveRange(0, over);
    }

    /// <summary>The queue is gone.</summary>
    public void Clear() => Forget(long.MaxValue);

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)_generations.Count);
        foreach (Generation generation in _generations) generation.Capture(output);
    }

    public void Restore(ref SpanReader input)
    {
        for (ulong generations = input.ReadVarint(); generations > 0; generations--)
        {
            var generation = new Generation(0);
            generation.Restore(ref input);
            _generations.Add(generation);
            tally.Count += generation.Count;
        }
    }

    /// <summary>Entries in the order of their arrival, with a hash table of their places. Keys are hashes already.
    /// </summary>
    private sealed class Generation(long firstTime)
    {
        private Duplicate[] _entries = new Duplicate[8];

        /// <summary>Places plus one; 0 is free. Twice as many as entries, or more.</summary>
        private int[] _places = new int[16];

        public int Count { get; private set; }

        public long FirstTime { get; private set; } = firstTime;

        public long LastTime => _entries[Math.Max(Count - 1, 0)].SentAt;

        public bool TryFind(UInt128 key, out Duplicate entry)
        {
            for (int slot = SlotOf(key); _places[slot] != 0; slot = (slot + 1) & (_places.Length - 1))
            {
                entry = _entries[_places[slot] - 1];
                if (entry.Key == key) return true;
            }

            entry = default;
            return false;
        }

        public void Add(in Duplicate entry)
        {
            if (Count == _entries.Length)
            {
                Array.Resize(ref _entries, Count * 2);
                Index(_entries.Length * 2);
            }

            _entries[Count++] = entry;
            Place(Count - 1);
        }

        public void Capture(IBufferWriter<byte> output)
        {
            output.WriteVarint((ulong)FirstTime);
            output.WriteVarint((ulong)Count);
            for (int i = 0; i < Count; i++)
            {
                output.WriteFixed((ulong)_entries[i].Key);
                output.WriteFixed((ulong)(_entries[i].Key >> 64));
                output.WriteVarint((ulong)_entries[i].Position);
                output.WriteVarint((ulong)(_entries[i].SentAt - FirstTime));
            }
        }

        public void Restore(ref SpanReader input)
        {
            FirstTime = (long)input.ReadVarint();
            int count = (int)input.ReadVarint();
            _entries = new Duplicate[BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 8))];
            for (; Count < count; Count++)
            {
                ulong low = input.ReadFixed();
                _entries[Count] = new Duplicate(
                    new UInt128(input.ReadFixed(), low), (long)input.ReadVarint(), FirstTime + (long)input.ReadVarint());
            }

            Index(_entries.Length * 2);
        }

        private void Index(int slots)
        {
            _places = new int[slots];
            for (int i = 0; i < Count; i++) Place(i);
        }

        private void Place(int entry)
        {
            int slot = SlotOf(_entries[entry].Key);
            while (_places[slot] != 0) slot = (slot + 1) & (_places.Length - 1);
            _places[slot] = entry + 1;
        }

        private int SlotOf(UInt128 key) => (int)((ulong)key & (ulong)(_places.Length - 1));
    }
}

/// <summary>A message that was sent with a deduplication key.</summary>
/// <param name="SentAt">Unix milliseconds.</param>
internal readonly record struct Duplicate(UInt128 Key, long Position, long SentAt);

/// <summary>Entries of all deduplication windows of a shard.</summary>
internal sealed class DeduplicationTally
{
    public long Count { get; set; }
}
