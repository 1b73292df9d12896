using QueueService.Storage.Logs;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Compaction;

public sealed class OffsetSetTests
{
    [Fact]
    public void It_finds_the_next_offset_as_a_sorted_set_does()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            var random = new SeededRandom(seed);
            var offsets = new OffsetSet();
            var expected = new SortedSet<long>();
            long at = random.Next(1_000);
            for (int i = random.Next(400); i > 0; i--)
            {
                at += 1 + random.Next(random.Chance(1, 10) ? 1_000_000_000 : 3);
                offsets.Add(at);
                expected.Add(at);
            }

            Assert.Equal(expected.Count, offsets.Count);
            Assert.Equal(long.MaxValue, offsets.NextFrom(at + 1));
            foreach (long offset in expected.Concat([0]))
            {
                for (long near = Math.Max(0, offset - 2); near <= offset + 2; near++)
                {
                    SortedSet<long> above = expected.GetViewBetween(near, long.MaxValue);
                    Assert.Equal(above.Count > 0 ? above.Min : long.MaxValue, offsets.NextFrom(near));
                }
            }
        }
    }
}
