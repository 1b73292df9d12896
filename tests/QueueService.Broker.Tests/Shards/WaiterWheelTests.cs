using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Shards;

public sealed class WaiterWheelTests
{
    /// <summary>The wheel reaches this far beyond the last time that it was turned to.</summary>
    private const int Span = (1 << 16) - 1;

    [Fact]
    public void The_wheel_agrees_with_a_list_over_many_rounds()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            var random = new SeededRandom(seed);
            long now = 1_700_000_000_000 + random.Next(1 << 20);
            var wheel = new WaiterWheel(now);
            var waiting = new List<(ReceiveCommand Waiter, long Due)>();
            for (int step = 0; step < 2_000; step++)
            {
                int dice = random.Next(10);
                if (dice < 5) Add(wheel, waiting, now, random);
                else if (dice < 7 && waiting.Count > 0) Remove(wheel, waiting, random.Next(waiting.Count));
                else
                {
                    now += random.Next(random.Chance(1, 10) ? 200_000 : 900);
                    TakeAll(wheel, waiting, now);
                }

                Assert.Equal(waiting.Count, wheel.Count);
                Assert.Equal(waiting.Count == 0 ? null : waiting.Min(static item => item.Due), wheel.NextDue());
                Assert.Equal(waiting.Count == 0, wheel.First is null);
            }
        }
    }

    [Fact]
    public void A_time_beyond_the_span_fires_at_its_end_and_a_past_one_next()
    {
        var wheel = new WaiterWheel(1_000);
        wheel.Add(new ReceiveCommand(), long.MaxValue / 2);
        Assert.Equal(1_000 + Span, wheel.NextDue());
        wheel.Add(new ReceiveCommand(), 0);
        Assert.Equal(1_001, wheel.NextDue());
    }

    private static void Add(
        WaiterWheel wheel, List<(ReceiveCommand Waiter, long Due)> waiting, long now, SeededRandom random)
    {
        var waiter = new ReceiveCommand();
        long due = now + random.Next(random.Chance(1, 2) ? 100 : 60_001);
        wheel.Add(waiter, due);
        waiting.Add((waiter, Math.Max(due, now + 1)));
    }

    private static void Remove(WaiterWheel wheel, List<(ReceiveCommand Waiter, long Due)> waiting, int index)
    {
        wheel.Remove(waiting[index].Waiter);
        waiting.RemoveAt(index);
    }

    private static void TakeAll(WaiterWheel wheel, List<(ReceiveCommand Waiter, long Due)> waiting, long now)
    {
        long last = 0;
        while (wheel.TakeDue(now) is { } late)
        {
            int index = waiting.FindIndex(item => item.Waiter == late);
            Assert.True(waiting[index].Due <= now && waiting[index].Due >= last);
            last = waiting[index].Due;
            waiting.RemoveAt(index);
        }

        Assert.All(waiting, item => Assert.True(item.Due > now));
    }
}
