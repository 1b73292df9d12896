namespace QueueService.Broker.Tests.Model;

public sealed class VirtualDayTests
{
    private static readonly ulong Seeds =
        Environment.GetEnvironmentVariable("QUEUESERVICE_SOAK") == "1" ? 2_000UL : 6UL;

    [Fact]
    public void A_day_of_virtual_time_breaks_no_rule_and_is_the_same_day_again()
    {
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            using var day = new VirtualDay(seed);
            ulong hash = day.Run();
            Assert.True(
                day.Delivered > 100 && day.Expired > 10,
                $"Seed {seed}: {day.Delivered} delivered, {day.Expired} expired");
            if (seed >= 2) continue;
            using var again = new VirtualDay(seed);
            Assert.Equal(hash, again.Run());
        }
    }
}
