using System.Buffers;
using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Queues;

public sealed class TerminalSetTests
{
    [Fact]
    public void The_set_agrees_with_a_hash_set()
    {
        for (ulong seed = 0; seed < 8; seed++)
        {
            var random = new SeededRandom(seed);
            var set = new TerminalSet();
            var naive = new HashSet<long>();
            long floor = 0;
            int range = seed % 2 == 0 ? 300_000 : 3_000;
            for (int step = 0; step < 3_000; step++)
            {
                int dice = random.Next(100);
                if (dice < 60) Add(set, naive, floor + random.Next(range), 1);
                else if (dice < 62) Add(set, naive, floor + random.Next(range), random.Next(100_000));
                else if (dice < 65)
                {
                    floor += random.Next(range / 4);
                    set.DropBelow(floor);
                }
                else if (dice < 66) set = Restored(set);
                else Compare(set, naive, floor + random.Next(range), random.Next(2_000));
            }
        }
    }

    [Fact]
    public void Blocks_that_are_full_or_below_the_floor_cost_no_memory()
    {
        var set = new TerminalSet();
        Add(set, [], 0, 3 * TerminalSet.BlockOffsets);
        Assert.Equal(0, set.PartialBlocks);
        set.Add(5L * TerminalSet.BlockOffsets);
        Assert.Equal(1, set.PartialBlocks);
        Assert.Equal(3L * TerminalSet.BlockOffsets, set.NextAbsent(0));
        set.DropBelow(6L * TerminalSet.BlockOffsets);
        Assert.Equal(0, set.PartialBlocks);
        Assert.False(set.Contains(0));
    }

    private static void Add(TerminalSet set, HashSet<long> naive, long first, int count)
    {
        for (long offset = first; offset < first + count; offset++)
        {
            set.Add(offset);
            naive.Add(offset);
        }
    }

    private static void Compare(TerminalSet set, HashSet<long> naive, long offset, int length)
    {
        Assert.Equal(naive.Contains(offset), set.Contains(offset));
        long absent = offset;
        while (naive.Contains(absent)) absent++;
        Assert.Equal(absent, set.NextAbsent(offset));
        long count = 0;
        for (long at = offset; at < offset + length; at++) count += naive.Contains(at) ? 1 : 0;
        Assert.Equal(count, set.CountIn(offset, offset + length));
        IEnumerable<(long From, long To)> runs = set.RunsFrom(offset).TakeWhile(run => run.From < offset + length)
            .Select(run => (run.From, Math.Min(run.To, offset + length)));
        Assert.Equal(Runs(naive, offset, offset + length), runs);
    }

    private static List<(long From, long To)> Runs(HashSet<long> naive, long from, long to)
    {
        var runs = new List<(long, long)>();
        for (long at = from; at < to; at++)
        {
            if (!naive.Contains(at)) continue;
            long start = at;
            while (at < to && naive.Contains(at)) at++;
            runs.Add((start, at));
        }

        return runs;
    }

    private static TerminalSet Restored(TerminalSet set)
    {
        var bytes = new ArrayBufferWriter<byte>();
        set.Capture(bytes);
        var restored = new TerminalSet();
        var reader = new SpanReader(bytes.WrittenSpan);
        restored.Restore(ref reader);
        Assert.True(reader.IsEmpty);
        Assert.Equal(set.PartialBlocks, restored.PartialBlocks);
        var again = new ArrayBufferWriter<byte>();
        restored.Capture(again);
        Assert.True(bytes.WrittenSpan.SequenceEqual(again.WrittenSpan));
        return restored;
    }
}
