using QueueService.Broker.Tests.Model;
using Xunit.Abstractions;

namespace QueueService.Broker.Tests.Days;

public sealed class BusyDayTests(ITestOutputHelper output)
{
    /// <summary>R10: 24 hours in at most 60 s; here all of them.</summary>
    private static readonly ulong Seeds =
        Environment.GetEnvironmentVariable("QUEUESERVICE_SOAK") == "1" ? 2_000UL : 4UL;

    [Fact]
    public void A_day_of_virtual_time_with_all_that_queues_can_do_breaks_no_rule_and_is_the_same_day_again()
    {
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            using var day = new BusyDay(seed);
            ulong hash = day.Run();
            output.WriteLine($"Seed {seed}: {day.Counts}");
            Assert.True(day.Counts.All.All(static count => count > 0), $"Seed {seed}: {day.Counts}");
            if (seed > 0) continue;
            using var again = new BusyDay(seed);
            Assert.Equal(hash, again.Run());
        }
    }
}
