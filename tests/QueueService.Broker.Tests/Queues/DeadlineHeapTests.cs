using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Queues;

public sealed class DeadlineHeapTests
{
    [Fact]
    public void The_heap_agrees_with_a_sorted_set()
    {
        var random = new SeededRandom(1);
        var heap = new DeadlineHeap();
        var sorted = new SortedSet<(long, long)>();
        for (int step = 0; step < 100_000; step++)
        {
            if (sorted.Count == 0 || random.Chance(step < 50_000 ? 6 : 4, 10))
            {
                (long, long) item = (random.Next(1_000), step);
                heap.Push(item.Item1, item.Item2);
                sorted.Add(item);
            }
            else
            {
                Assert.Equal(sorted.Min, heap.First);
                sorted.Remove(sorted.Min);
                heap.Pop();
            }

            Assert.Equal(sorted.Count, heap.Count);
        }

        heap.Clear();
        Assert.Equal(0, heap.Count);
        heap.Push(5, 6);
        Assert.Equal((5L, 6L), heap.First);
    }
}
