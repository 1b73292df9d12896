using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Queues;

public sealed class OffsetRunsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ascending_offsets_come_back_as_they_were_written(bool withCounts)
    {
        for (ulong seed = 0; seed < 500; seed++)
        {
            var random = new SeededRandom(seed);
            long[] offsets = new long[random.Next(200)];
            int[] counts = new int[offsets.Length];
            long at = random.Chance(1, 2) ? 0 : (long)(random.Next() >> 3);
            for (int i = 0; i < offsets.Length; i++)
            {
                offsets[i] = at;
                counts[i] = 1 + random.Next(random.Chance(1, 2) ? 2 : int.MaxValue - 1);
                at += 1 + (random.Chance(1, 4) ? random.Next(100_000) : 0);
            }

            byte[] bytes = new byte[offsets.Length * OffsetRuns.MaxBytes];
            int used = OffsetRuns.Write(bytes, offsets, withCounts ? counts : default);
            var read = new List<(long, int)>();
            var runs = new OffsetRuns(bytes.AsSpan(0, used), withCounts);
            while (runs.MoveNext())
                for (long offset = runs.First; offset < runs.First + runs.Length; offset++)
                    read.Add((offset, runs.ReceiveCount));
            Assert.Equal(offsets.Select((offset, i) => (offset, withCounts ? counts[i] : 0)), read);
        }
    }

    [Fact]
    public void A_thousand_messages_in_a_row_take_a_few_bytes()
    {
        long[] offsets = [.. Enumerable.Range(0, 1_000).Select(static n => 1_000_000_000L + n)];
        Assert.InRange(OffsetRuns.Write(new byte[32_000], offsets), 1, 8);
    }

    [Fact]
    public void Runs_that_overlap_or_touch_become_one()
    {
        Assert.Equal([(1, 5), (7, 20)], OffsetRuns.Union([(12, 14), (7, 12), (1, 3), (3, 5), (8, 20), (9, 10)]));
        Assert.Empty(OffsetRuns.Union([]));
    }
}
