using QueueService.Server.Tests.Faults;
using QueueService.Server.Tests.Histories.Checkers;
using QueueService.Testing;
using Xunit.Abstractions;

namespace QueueService.Server.Tests.Histories;

/// <summary>R9 with R1: the same histories while the server is killed and started again under them.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledHistoryTests(ITestOutputHelper output)
{
    private const int AtOnce = 8;
    private const int Steps = 60;
    private const int Kills = 2;

    private static int Rounds => ProcessTests.Soak ? 100 : 1;

    [Fact]
    public async Task Clients_of_a_server_that_is_killed_under_them_see_nothing_wrong()
    {
        int unknown = 0;
        for (int round = 0; round < Rounds; round++)
        {
            foreach (History history in await Run(ProcessTests.Seed + (round * AtOnce)))
            {
                unknown += history.Operations.Count(static operation => operation.IsUnknown);
                IReadOnlyList<string> violations = Checker.Judge(history);
                Assert.True(
                    violations.Count == 0,
                    $"seed {ProcessTests.Seed}, round {round}: {violations.Count} violations\n"
                    + string.Join('\n', violations.Take(20)));
            }
        }

        output.WriteLine($"{unknown} requests were never answered");
        Assert.True(unknown > 0, "no kill hit a request");
    }

    private static async Task<History[]> Run(int seed)
    {
        using var directory = new ScratchDirectory();
        var random = new QueueService.Testing.SeededRandom((ulong)seed);
        ServerSlot slot = new();
        Task<History[]> histories = Task.WhenAll(Enumerable.Range(seed, AtOnce).Select(
            one => new HistoryWorkload(slot, (ulong)one, survives: false, isLive: one % 2 == 0).Run(Steps)));
        for (int kill = 0; kill < Kills; kill++)
        {
            await using ServerProcess server = await ServerProcess.Start(directory.Data);
            slot.Arrive(server.Address);
            await Task.Delay(TimeSpan.FromMilliseconds(300 + random.Next(500)), TimeProvider.System);
            slot.Leave();
            await server.KillNow();
        }

        await using ServerProcess last = await ServerProcess.Start(directory.Data);
        slot.Arrive(last.Address);
        return await histories;
    }
}
