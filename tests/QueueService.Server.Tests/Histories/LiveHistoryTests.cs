using QueueService.Server.Tests.Faults;
using QueueService.Server.Tests.Histories.Checkers;
using QueueService.Server.Tests.Testing;
using Xunit.Abstractions;

namespace QueueService.Server.Tests.Histories;

/// <summary>R9 over connections that last: consumers of events, duplex consumers and duplex producers, most of which
/// break off at random, beside clients that know nothing of it.</summary>
[Collection(ServerCollection.Name)]
public sealed class LiveHistoryTests(RunningServer server, ITestOutputHelper output)
{
    private const int AtOnce = 12;

    private const int Steps = 40;

    private static int Histories => ProcessTests.Soak ? 2_000 : 24;

    [Fact]
    public async Task Clients_whose_connections_last_never_see_what_a_right_queue_cannot_show()
    {
        int pushed = 0;
        int sent = 0;
        int dropped = 0;
        for (int first = 0; first < Histories; first += AtOnce)
        {
            int[] seeds = [.. Enumerable.Range(ProcessTests.Seed + first, Math.Min(AtOnce, Histories - first))];
            ServerSlot slot = new(server.Address);
            History[] histories = await Task.WhenAll(seeds.Select(
                seed => new HistoryWorkload(slot, (ulong)seed, survives: true, isLive: true).Run(Steps)));
            foreach ((int seed, History history) in seeds.Zip(histories))
            {
                IReadOnlyList<string> violations = Checker.Judge(history);
                Assert.True(
                    violations.Count == 0,
                    $"seed {seed}, live history {seed - ProcessTests.Seed + 1}: {violations.Count} violations\n"
                    + string.Join('\n', violations.Take(20)));
                pushed += history.Seen.Count(static seen => seen.Receive.Live is not null);
                sent += history.Operations.OfType<LiveOperation>().Sum(static live => live.Sent.Count);
                dropped += history.Operations.Count(static operation => operation is LiveOperation { IsUnknown: true });
            }
        }

        output.WriteLine($"{Histories} histories, {pushed} pushed, {sent} sent, {dropped} connections dropped");
        Assert.True(pushed > Histories * 10 && sent > Histories * 10 && dropped > Histories, "they were hardly used");
    }
}
