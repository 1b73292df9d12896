using QueueService.Storage;

namespace QueueService.Broker.Tests.Crashes;

public sealed class BrokerPowerCutTests
{
    private static readonly int Seeds =
        Environment.GetEnvironmentVariable("QUEUESERVICE_SOAK") == "1" ? 100_000 : 1_000;

    [Fact]
    public void Nothing_answered_is_lost_nothing_acknowledged_comes_back_and_groups_keep_their_order_when_the_power_is_cut()
    {
        int answered = 0;
        int buried = 0;
        Parallel.For(0, Seeds, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            using var life = new CrashLife((ulong)i);
            try
            {
                life.Run();
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {i}: {failure.Message}", failure);
            }

            Interlocked.Add(ref answered, life.Checked);
            Interlocked.Add(ref buried, life.Buried);
        });
        Assert.True(answered > Seeds * 20, $"Only {answered} answers were worth checking.");
        Assert.True(buried > Seeds, $"Only {buried} dead letters were worth checking.");
    }

    [Theory]
    [InlineData(nameof(Dishonesty.NoSync))]
    [InlineData(nameof(Dishonesty.LateSync))]
    public void A_reply_that_does_not_wait_for_the_sync_is_found(string bug)
    {
        int found = 0;
        for (ulong seed = 0; seed < 40; seed++)
        {
            using var life = new CrashLife(seed, disk => new DishonestDisk(disk, Enum.Parse<Dishonesty>(bug)));
            try
            {
                life.Run();
            }
            catch (Exception failure) when (failure is LedgerException or CorruptStoreException)
            {
                found++;
            }
        }

        Assert.True(found >= 10, $"The bug was found by {found} of 40 seeds.");
    }
}
