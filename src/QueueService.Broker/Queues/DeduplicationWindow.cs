using System.Buffers;
using System.Numerics;

namespace QueueService.Broker.Queues;

/// <summary>
/// What was sent to a FIFO queue in the last five minutes, by key: generations of a minute each, the newest last. An
/// entry is never forgotten early; a generation goes when its last entry is out of the window. Entries say in which
/// group they were sent, so the scope can change, and holds for what was sent before, too.
/// </summary>
/// <param name="tally">Counts the entries of all windows: their limit is one for the whole shard.</param>
internal sealed class DeduplicationWindow(DeduplicationTally tally)
{
    /// <summary>As in SQS.</summary>
    public const long Milliseconds = 300_000;

    private const long GenerationMilliseconds = 60_000;

    private readonly List<Generation> _generations = [];
    private bool _byGroup;

    /// <summary>Derived: a key counts in its group only.</summary>
    public bool ByGroup
    {
        get => _byGroup;
        set
        {
            if (_byGroup == value) return;
            _byGroup = value;
            foreach (Generation generation in _generations) generation.Index(value);
        }
    }

    public int Count => _generations.Sum(static generation => generation.Count);

    public bool IsEmpty => _generations.Count == 0;

    /// <summary>Everything in it is out of the window.</summary>
    public bool IsOver(long now) => _generations.Count > 0 && _generations[^1].LastTime <= now - Milliseconds;

    /// <summary>The newest message that was sent with this key, where it counts, and still does.</summary>
    /// <param name="group">The hash of the group; <see cref="Duplicate.UnknownGroup"/> only finds what was captured
    /// before groups were.</param>
    public bool TryFind(UInt128 key, ulong group, long now, out Duplicate original)
    {
        for (int i = _generations.Count - 1; i >= 0; i--)
        {
            if (_generations[i].LastTime <= now - Milliseconds) break;
            if (_generations[i].TryFind(key, group, _byGroup, out original))
                return original.SentAt > now - Milliseconds;
        }

        original = default;
        return false;
    }

    public void Add(in Duplicate sent)
    {
        Forget(sent.SentAt);
        if (_generations.Count == 0 || sent.SentAt - _generations[^1].FirstTime >= GenerationMilliseconds)
            _generations.Add(new Generation(sent.SentAt));
        _generations[^1].Add(sent, _byGroup);
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

    /// <param name="withGroups">Of the snapshot's version.</param>
    public void Restore(ref SpanReader input, bool withGroups)
    {
        for (ulong generations = input.ReadVarint(); generations > 0; generations--)
        {
            var generation = new Generation(0);
            generation.Restore(ref input, withGroups, _byGroup);
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

        public bool TryFind(UInt128 key, ulong group, bool byGroup, out Duplicate entry)
        {
            for (int slot = SlotOf(key, group, byGroup); _places[slot] != 0; slot = (slot + 1) & (_places.Length - 1))
            {
                entry = _entries[_places[slot] - 1];
                if (entry.Key == key && (!byGroup || entry.Group == group)) return true;
            }

            entry = default;
            return false;
        }

        public void Add(in Duplicate entry, bool byGroup)
        {
            if (Count == _entries.Length)
            {
                Array.Resize(ref _entries, Count * 2);
                Index(byGroup);
            }

            _entries[Count++] = entry;
            Place(Count - 1, byGroup);
        }

        public void Capture(IBufferWriter<byte> output)
        {
            output.WriteVarint((ulong)FirstTime);
            output.WriteVarint((ulong)Count);
            for (int i = 0; i < Count; i++)
            {
                output.WriteFixed((ulong)_entries[i].Key);
                output.WriteFixed((ulong)(_entries[i].Key >> 64));
                output.WriteFixed(_entries[i].Group);
                output.WriteVarint((ulong)_entries[i].Position);
                output.WriteVarint((ulong)(_entries[i].SentAt - FirstTime));
            }
        }

        public void Restore(ref SpanReader input, bool withGroups, bool byGroup)
        {
            FirstTime = (long)input.ReadVarint();
            int count = (int)input.ReadVarint();
            _entries = new Duplicate[BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 8))];
            for (; Count < count; Count++)
            {
                ulong low = input.ReadFixed();
                var key = new UInt128(input.ReadFixed(), low);
                ulong group = withGroups ? input.ReadFixed() : Duplicate.UnknownGroup;
                _entries[Count] = new Duplicate(
                    key, group, (long)input.ReadVarint(), FirstTime + (long)input.ReadVarint());
            }

            Index(byGroup);
        }

        public void Index(bool byGroup)
        {
            _places = new int[_entries.Length * 2];
            for (int i = 0; i < Count; i++) Place(i, byGroup);
        }

        /// <summary>In place of an older entry that is the same now.</summary>
        private void Place(int index, bool byGroup)
        {
            ref readonly Duplicate entry = ref _entries[index];
            int slot = SlotOf(entry.Key, entry.Group, byGroup);
            for (; _places[slot] != 0; slot = (slot + 1) & (_places.Length - 1))
            {
                ref readonly Duplicate other = ref _entries[_places[slot] - 1];
                if (other.Key == entry.Key && (!byGroup || other.Group == entry.Group)) break;
            }

            _places[slot] = index + 1;
        }

        private int SlotOf(UInt128 key, ulong group, bool byGroup) =>
            (int)(((ulong)key ^ (byGroup ? group : 0)) & (ulong)(_places.Length - 1));
    }
}

/// <summary>A message that was sent with a deduplication key.</summary>
internal readonly struct Duplicate(UInt128 key, ulong group, long position, long sentAt)
{
    /// <summary>Of an entry that was captured before groups were: its key is as it counted then.</summary>
    public const ulong UnknownGroup = 0;

    // Halves: a whole one would be aligned to 16 bytes, which costs 8 for each entry.
    private readonly ulong _low = (ulong)key;
    private readonly ulong _high = (ulong)(key >> 64);

    /// <summary>Of the deduplication id.</summary>
    public UInt128 Key => new(_high, _low);

    /// <summary>The hash of the group's name.</summary>
    public ulong Group { get; } = group;

    public long Position { get; } = position;

    /// <summary>Unix milliseconds.</summary>
    public long SentAt { get; } = sentAt;
}

/// <summary>Entries of all deduplication windows of a shard.</summary>
internal sealed class DeduplicationTally
{
    public long Count { get; set; }
}
