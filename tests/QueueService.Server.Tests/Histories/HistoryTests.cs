using QueueService.Server.Tests.Faults;
using QueueService.Server.Tests.Histories.Checkers;
using QueueService.Server.Tests.Testing;
using Xunit.Abstractions;

namespace QueueService.Server.Tests.Histories;

/// <summary>R9: what concurrent clients of the real server see, judged by checkers that know nothing of it.</summary>
[Collection(ServerCollection.Name)]
public sealed class HistoryTests(RunningServer server, ITestOutputHelper output)
{
    /// <summary>They mostly wait for leases and delays of up to a second.</summary>
    private const int AtOnce = 12;

    private const int Steps = 40;

    private static int Histories => ProcessTests.Soak ? 5_000 : 60;

    [Fact]
    public async Task Concurrent_clients_never_see_what_a_right_queue_cannot_show()
    {
        int operations = 0;
        int deliveries = 0;
        for (int first = 0; first < Histories; first += AtOnce)
        {
            int[] seeds = [.. Enumerable.Range(ProcessTests.Seed + first, Math.Min(AtOnce, Histories - first))];
            ServerSlot slot = new(server.Address);
            History[] histories = await Task.WhenAll(
                seeds.Select(seed => new HistoryWorkload(slot, (ulong)seed, survives: true).Run(Steps)));
            foreach ((int seed, History history) in seeds.Zip(histories))
            {
                operations += history.Operations.Count;
                deliveries += history.Seen.Count;
                IReadOnlyList<string> violations = Checker.Judge(history);
                Assert.True(
                    violations.Count == 0,
                    $"seed {seed}, history {seed - ProcessTests.Seed + 1}: {violations.Count} violations\n"
                    + string.Join('\n', violations.Take(20)));
            }
        }

        output.WriteLine($"{Histories} histories, {operations} operations, {deliveries} deliveries");
        Assert.True(deliveries > Histories * 20, "the clients received nothing");
    }
}
