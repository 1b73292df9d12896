using Xunit.Abstractions;

namespace QueueService.Server.Tests.Faults;

/// <summary>R1: kill -9 at random moments under load, on one data directory.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledServerTests(ITestOutputHelper output)
{
    private static int Cycles => ProcessTests.Soak ? 1_000 : 20;

    [Fact]
    public async Task A_server_killed_at_random_under_load_loses_nothing_and_takes_no_acknowledgement_back()
    {
        const string Queue = "killed";
        using var directory = new ScratchDirectory();
        var ledger = new DeliveryLedger();
        var load = new KillLoad(ledger, Queue, ProcessTests.Seed);
        var random = new SeededRandom(ProcessTests.Seed);
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            await using ServerProcess server = await ServerProcess.Start(directory.Data);
            using var client = new QueueClient(server.Address, Queue);
            Answer created = await client.Create();
            Assert.True(created.Succeeded, created.ToString());
            // One in five dies while it stops, so that there are checkpoints too: whole ones and torn ones.
            TimeSpan? stop = cycle % 5 == 3 ? TimeSpan.FromMilliseconds(random.Below(1_500)) : null;
            await load.LoadAndKill(server, TimeSpan.FromMilliseconds(20 + random.Below(700)), stop);
        }

        await using ServerProcess last = await ServerProcess.Start(directory.Data);
        await load.Drain(last);
        using var reader = new QueueClient(last.Address, Queue);
        output.WriteLine($"seed {ProcessTests.Seed}: {Cycles} kills, {ledger.Confirmed} sends confirmed, " +
            $"{ledger.Acknowledged} acknowledged, {ledger.Redelivered} delivered more than once");
        Assert.Equal((0, 0, 0), (
            await reader.Statistic("available"), await reader.Statistic("leased"), await reader.Statistic("delayed")));
        Assert.True(ledger.Confirmed > Cycles, "the load did nothing");
        IReadOnlyList<string> violations = ledger.Judge();
        Assert.True(
            violations.Count == 0,
            $"seed {ProcessTests.Seed}: {violations.Count} violations\n" + string.Join('\n', violations.Take(20)));
    }
}
