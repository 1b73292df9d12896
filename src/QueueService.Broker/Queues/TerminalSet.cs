using System.Buffers;
using System.Numerics;

namespace QueueService.Broker.Queues;

/// <summary>
/// The offsets above a queue's floor that are done with (acknowledged, deleted): bitmaps of 65,536 offsets, 8 KiB each.
/// A block that is full costs nothing but its number; one below the floor is dropped.
/// </summary>
internal sealed class TerminalSet
{
    public const int BlockOffsets = 1 << 16;
    private const int MaxIdleBlocks = 4;
    private const int BlockWords = BlockOffsets / 64;

    private static readonly ulong[] Full = CreateFull();

    private readonly SortedDictionary<long, Block> _blocks = [];
    private readonly Stack<ulong[]> _idle = new();
    private Block? _last;

    /// <summary>No block has a lower number.</summary>
    private long _lowest;

    /// <summary>Blocks that take memory.</summary>
    public int PartialBlocks { get; private set; }

    public bool Contains(long offset)
    {
        Block? block = Find(offset >> 16);
        return block is not null && (block.Words[(offset & 0xFFFF) >> 6] & (1UL << (int)(offset & 63))) != 0;
    }

    public void Add(long offset)
    {
        Block block = Find(offset >> 16) ?? AddBlock(offset >> 16);
        ref ulong word = ref block.Words[(offset & 0xFFFF) >> 6];
        ulong bit = 1UL << (int)(offset & 63);
        if ((word & bit) != 0) return;
        word |= bit;
        if (++block.Count < BlockOffsets) return;
        if (_idle.Count < MaxIdleBlocks) _idle.Push(block.Words);
        block.Words = Full;
        PartialBlocks--;
    }

    public void AddRange(long from, long to)
    {
        for (long offset = from; offset < to;)
        {
            long blockEnd = (offset | 0xFFFF) + 1;
            if ((offset & 0xFFFF) == 0 && to >= blockEnd && Find(offset >> 16) is null)
            {
                AddBlock(offset >> 16, Full).Count = BlockOffsets;
                offset = blockEnd;
                continue;
            }

            Add(offset++);
        }
    }

    public void Remove(long offset)
    {
        if (Find(offset >> 16) is not { } block) return;
        if (ReferenceEquals(block.Words, Full))
        {
            block.Words = [.. Full];
            PartialBlocks++;
        }

        ref ulong word = ref block.Words[(offset & 0xFFFF) >> 6];
        ulong bit = 1UL << (int)(offset & 63);
        if ((word & bit) == 0) return;
        word &= ~bit;
        block.Count--;
    }

    /// <summary>The lowest offset at or above this one that is not in the set.</summary>
    public long NextAbsent(long offset)
    {
        while (Find(offset >> 16) is { } block)
        {
            int word = (int)((offset & 0xFFFF) >> 6);
            ulong absent = ~block.Words[word] & (ulong.MaxValue << (int)(offset & 63));
            while (absent == 0 && ++word < BlockWords) absent = ~block.Words[word];
            if (word < BlockWords) return (offset & ~0xFFFFL) + (word * 64L) + BitOperations.TrailingZeroCount(absent);
            offset = (offset | 0xFFFF) + 1;
        }

        return offset;
    }

    /// <summary>How many offsets of this range are in the set.</summary>
    public long CountIn(long from, long to)
    {
        long count = 0;
        foreach ((long number, Block block) in _blocks)
        {
            long first = number << 16;
            if (first >= to || first + BlockOffsets <= from) continue;
            if (from <= first && first + BlockOffsets <= to)
            {
                count += block.Count;
                continue;
            }

            for (long offset = Math.Max(from, first); offset < Math.Min(to, first + BlockOffsets); offset++)
                if ((block.Words[(offset & 0xFFFF) >> 6] & (1UL << (int)(offset & 63))) != 0) count++;
        }

        return count;
    }

    /// <summary>The runs of the set from this offset on, in rising order.</summary>
    public IEnumerable<(long From, long To)> RunsFrom(long offset)
    {
        foreach (Block block in _blocks.Values)
        {
            while (FirstIn(block, offset) is { } from)
            {
                offset = NextAbsent(from);
                yield return (from, offset);
            }
        }
    }

    /// <summary>Forgets whole blocks below this offset.</summary>
    public void DropBelow(long floor)
    {
        while (_blocks.Count > 0 && (_lowest + 1) << 16 <= floor)
        {
            (long number, Block block) = _blocks.First();
            if (number > _lowest)
            {
                _lowest = number;
                continue;
            }

            _blocks.Remove(number);
            if (ReferenceEquals(_last, block)) _last = null;
            if (ReferenceEquals(block.Words, Full)) continue;
            PartialBlocks--;
            if (_idle.Count < MaxIdleBlocks) _idle.Push(block.Words);
        }
    }

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)_blocks.Count);
        foreach ((long number, Block block) in _blocks)
        {
            output.WriteVarint((ulong)number);
            bool full = ReferenceEquals(block.Words, Full);
            output.WriteVarint(full ? 1UL : 0UL);
            if (full) continue;
            foreach (ulong word in block.Words) output.WriteFixed(word);
        }
    }

    public void Restore(ref SpanReader input)
    {
        for (ulong blocks = input.ReadVarint(); blocks > 0; blocks--)
        {
            long number = (long)input.ReadVarint();
            if (input.ReadVarint() == 1)
            {
                AddBlock(number, Full).Count = BlockOffsets;
                continue;
            }

            Block block = AddBlock(number);
            for (int i = 0; i < BlockWords; i++)
            {
                block.Words[i] = input.ReadFixed();
                block.Count += BitOperations.PopCount(block.Words[i]);
            }
        }
    }

    private static ulong[] CreateFull()
    {
        var words = new ulong[BlockWords];
        Array.Fill(words, ulong.MaxValue);
        return words;
    }

    /// <summary>The lowest offset of a block at or above this one that is in the set; null when there is
    /// none.</summary>
    private static long? FirstIn(Block block, long offset)
    {
        long first = block.Number << 16;
        long start = Math.Max(offset - first, 0);
        if (start >= BlockOffsets) return null;
        int word = (int)(start >> 6);
        ulong present = block.Words[word] & (ulong.MaxValue << (int)(start & 63));
        while (present == 0 && ++word < BlockWords) present = block.Words[word];
        return word < BlockWords ? first + (word * 64L) + BitOperations.TrailingZeroCount(present) : null;
    }

    private Block? Find(long number)
    {
        if (_last is { } last && last.Number == number) return last;
        if (!_blocks.TryGetValue(number, out Block? block)) return null;
        _last = block;
        return block;
    }

    private Block AddBlock(long number)
    {
        ulong[] words = _idle.TryPop(out ulong[]? idle) ? idle : new ulong[BlockWords];
        Array.Clear(words);
        PartialBlocks++;
        return AddBlock(number, words);
    }

    private Block AddBlock(long number, ulong[] words)
    {
        _lowest = _blocks.Count == 0 ? number : Math.Min(_lowest, number);
        var block = new Block(number) { Words = words };
        _blocks.Add(number, block);
        return _last = block;
    }

    private sealed class Block(long number)
    {
        public long Number => number;

        public required ulong[] Words { get; set; }

        public int Count { get; set; }
    }
}
