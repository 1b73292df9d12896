using System.Globalization;
using Xunit.Abstractions;

namespace QueueService.Server.Tests.Faults;

/// <summary>R1 for a topic: kill -9 at random moments while messages are published, and acknowledged at two
/// subscriptions.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledFanOutTests(ITestOutputHelper output)
{
    private const string Topic = "/v1/topics/killed";
    private const int LeaseEnded = 410;

    private static int Cycles => ProcessTests.Soak ? 200 : 8;

    private readonly (string Path, DeliveryLedger Ledger)[] _subscriptions =
    [
        (Topic + "/subscriptions/a", new DeliveryLedger()), (Topic + "/subscriptions/b", new DeliveryLedger()),
    ];

    private int _published;

    [Fact]
    public async Task Both_subscriptions_get_every_message_and_no_acknowledgement_is_taken_back()
    {
        using var directory = new ScratchDirectory();
        var random = new SeededRandom(ProcessTests.Seed);
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            await using ServerProcess server = await ServerProcess.Start(directory.Data);
            await Create(server, Topic, "{}");
            foreach ((string path, _) in _subscriptions) await Create(server, path, "{\"from\":\"earliest\"}");
            Task[] users =
                [Publish(server), .. _subscriptions.Select(s => Consume(server, s.Path, s.Ledger, "1s"))];
            // Another process is killed at whatever it is doing then: there is no clock to advance.
            await Task.Delay(TimeSpan.FromMilliseconds(50 + random.Below(600)), TimeProvider.System);
            await server.KillNow();
            await Task.WhenAll(users);
        }

        await using ServerProcess last = await ServerProcess.Start(directory.Data);
        foreach ((string path, DeliveryLedger ledger) in _subscriptions) await Judge(last, path, ledger);
    }

    private async Task Judge(ServerProcess server, string path, DeliveryLedger ledger)
    {
        // Twice the visibility timeout: no lease is left when nothing comes in it.
        await Consume(server, path, ledger, "6s");
        using var client = new QueueClient(server.Address, path);
        output.WriteLine($"{path}: seed {ProcessTests.Seed}: {Cycles} kills, {ledger.Confirmed} publishes confirmed, " +
            $"{ledger.Acknowledged} acknowledged, {ledger.Redelivered} delivered more than once");
        Assert.Equal((0, 0, 0), (
            await client.Statistic("available"), await client.Statistic("leased"), await client.Statistic(
                "missedTotal")));
        Assert.True(ledger.Confirmed > Cycles, "the load did nothing");
        IReadOnlyList<string> violations = ledger.Judge();
        Assert.True(violations.Count == 0, string.Join('\n', violations.Take(20)));
    }

    private static async Task Create(ServerProcess server, string path, string config)
    {
        using var client = new QueueClient(server.Address, path);
        Answer created = await client.Create(config);
        Assert.True(created.Succeeded, created.ToString());
    }

    /// <summary>Publishes until the server is gone.</summary>
    private async Task Publish(ServerProcess server)
    {
        using var client = new QueueClient(server.Address, Topic);
        while (true)
        {
            string[] bodies = [.. Enumerable.Range(_published, 1 + (_published % 7)).Select(
                static n => n.ToString(CultureInfo.InvariantCulture))];
            _published += bodies.Length;
            foreach ((_, DeliveryLedger ledger) in _subscriptions) ledger.Sending(bodies);
            Answer answer = await client.SendBatch(bodies);
            if (answer.Unknown) return;
            Assert.True(answer.Succeeded, answer.ToString());
            foreach ((_, DeliveryLedger ledger) in _subscriptions) ledger.Sent(bodies);
        }
    }

    /// <summary>Receives, acknowledging what came before with the next receive, until the server is gone, or with a
    /// wait of several seconds until nothing is left.</summary>
    private static async Task Consume(ServerProcess server, string path, DeliveryLedger ledger, string wait)
    {
        using var client = new QueueClient(server.Address, path);
        Delivery[] held = [];
        do
        {
            foreach (Delivery delivery in held) ledger.Acknowledging(delivery);
            long requestedAt = ledger.Now();
            (Answer answer, Delivery[] messages, int[] statuses) =
                await client.Receive(20, wait, "3s", [.. held.Select(static delivery => delivery.Receipt)]);
            if (answer.Unknown) return;
            Assert.True(answer.Succeeded && statuses.Length == held.Length, answer.ToString());
            foreach ((Delivery delivery, int status) in held.Zip(statuses))
            {
                if (status is 204) ledger.AcknowledgementConfirmed(delivery);
                else if (status != LeaseEnded) ledger.Violation($"refused: {answer}");
            }

            foreach (Delivery message in messages) ledger.Received(message, requestedAt);
            held = messages;
        }
        while (wait == "1s" || held.Length > 0);
    }
}
