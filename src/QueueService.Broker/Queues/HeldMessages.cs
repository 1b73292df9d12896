using System.Buffers;
using System.Runtime.InteropServices;

namespace QueueService.Broker.Queues;

/// <summary>
/// How many messages a log still holds and how many bytes they have: folded, so that a limit means the same after a
/// restart. Sizes are kept per block of 256 consecutive messages, not per message: a message that ends takes the
/// average of what is left of its block away. The sum is exact for messages of one size and for whole blocks; in
/// between it is off by less than the bytes of a block. Ten million messages cost about a megabyte.
/// </summary>
internal sealed class HeldMessages
{
    private const int BlockBits = 8;
    private const int KeptHead = 64;

    private readonly List<Block> _blocks = [];

    /// <summary>Blocks in front that hold nothing any more.</summary>
    private int _head;

    public long Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>The first offset of the block that this one is in.</summary>
    public static long BlockStart(long offset) => offset >> BlockBits << BlockBits;

    /// <summary>Adds the record at the end of the log.</summary>
    public void Add(long offset, int bytes)
    {
        long key = offset >> BlockBits;
        if (_blocks.Count == _head || _blocks[^1].Key != key) _blocks.Add(new Block { Key = key });
        ref Block last = ref CollectionsMarshal.AsSpan(_blocks)[^1];
        last.Count++;
        last.Bytes += bytes;
        Count++;
        Bytes += bytes;
    }

    /// <summary>What ending this message would free, at least: messages that end later free more.</summary>
    public long ShareOf(long offset)
    {
        Block block = _blocks[Find(offset >> BlockBits)];
        return block.Bytes / block.Count;
    }

    /// <summary>The first offset of what is left when older blocks go until there are at most so many bytes. The newest
    /// block stays, whatever its size.</summary>
    public long FloorFor(long bytes)
    {
        if (Bytes <= bytes) return 0;
        long held = Bytes;
        int at = _head;
        for (; at < _blocks.Count - 1 && held > bytes; at++) held -= _blocks[at].Bytes;
        return _blocks[at].Key << BlockBits;
    }

    public void End(long offset) => End(Find(offset >> BlockBits), 1);

    /// <summary>Ends everything below an offset.</summary>
    /// <param name="inBlock">How many of them are in the offset's own block.</param>
    public void EndBelow(long floor, long inBlock)
    {
        long key = floor >> BlockBits;
        for (; _head < _blocks.Count && _blocks[_head].Key < key; _head++)
        {
            Count -= _blocks[_head].Count;
            Bytes -= _blocks[_head].Bytes;
        }

        if (inBlock > 0) End(Find(key), inBlock);
        else DropHead();
    }

    /// <summary>Runs of blocks: varint length (0 ends), distance from the run before, count, bytes.</summary>
    public void Capture(IBufferWriter<byte> output)
    {
        // Equal blocks in a row are one entry: a backlog of messages of one size is captured in a few bytes.
        ReadOnlySpan<Block> blocks = CollectionsMarshal.AsSpan(_blocks)[_head..];
        long next = 0;
        for (int i = 0; i < blocks.Length;)
        {
            Block first = blocks[i];
            int run = 1;
            while (i + run < blocks.Length && blocks[i + run] == first with { Key = first.Key + run }) run++;
            i += run;
            if (first.Count == 0) continue;
            output.WriteVarint((ulong)run);
            output.WriteVarint((ulong)(first.Key - next));
            output.WriteVarint((ulong)first.Count);
            output.WriteVarint((ulong)first.Bytes);
            next = first.Key + run;
        }

        output.WriteVarint(0);
    }

    public void Restore(ref SpanReader input)
    {
        long next = 0;
        for (ulong run = input.ReadVarint(); run > 0; run = input.ReadVarint())
        {
            next += (long)input.ReadVarint();
            Block block = new() { Key = next, Count = (int)input.ReadVarint(), Bytes = (long)input.ReadVarint() };
            for (next += (long)run; block.Key < next; block.Key++)
            {
                _blocks.Add(block);
                Count += block.Count;
                Bytes += block.Bytes;
            }
        }
    }

    private void End(int index, long count)
    {
        ref Block block = ref CollectionsMarshal.AsSpan(_blocks)[index];
        long bytes = count == block.Count ? block.Bytes : block.Bytes * count / block.Count;
        block.Count -= (int)count;
        block.Bytes -= bytes;
        Count -= count;
        Bytes -= bytes;
        if (block.Count == 0) DropHead();
    }

    private void DropHead()
    {
        while (_head < _blocks.Count && _blocks[_head].Count == 0) _head++;
        if (_head < KeptHead || _head * 2 < _blocks.Count) return;
        _blocks.RemoveRange(0, _head);
        _head = 0;
    }

    /// <summary>Blocks follow each other without a gap, unless offsets were left out.</summary>
    private int Find(long key)
    {
        long guess = _head + (key - _blocks[_head].Key);
        if (guess >= _head && guess < _blocks.Count && _blocks[(int)guess].Key == key) return (int)guess;
        int low = _head;
        int high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_blocks[middle].Key < key) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private record struct Block
    {
        public long Key;
        public int Count;
        public long Bytes;
    }
}
