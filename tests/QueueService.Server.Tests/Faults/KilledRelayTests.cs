using System.Globalization;
using Xunit.Abstractions;

namespace QueueService.Server.Tests.Faults;

/// <summary>kill -9 in the middle of a fan-out to a hundred queues: every copy is made, and made once.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledRelayTests(ITestOutputHelper output)
{
    private const string Topic = "/v1/topics/killed";
    private const int Queues = 100;
    private const int MessagesPerBatch = 20;

    private static int Kills => ProcessTests.Soak ? 100 : 4;

    private readonly HashSet<string> _confirmed = [];
    private int _published;

    [Fact]
    public async Task A_hundred_queues_get_the_same_messages_once_each_in_order()
    {
        using var directory = new ScratchDirectory();
        var random = new SeededRandom(ProcessTests.Seed);
        for (int kill = 0; kill < Kills; kill++)
        {
            await using ServerProcess server = await ServerProcess.Start(directory.Data);
            if (kill == 0) await Create(server);
            Task publishing = Publish(server);
            // Another process is killed at whatever it is doing then: there is no clock to advance.
            await Task.Delay(TimeSpan.FromMilliseconds(100 + random.Below(500)), TimeProvider.System);
            await server.KillNow();
            await publishing;
        }

        await using ServerProcess last = await ServerProcess.Start(directory.Data);
        string[] first = await Drain(last, 0);
        output.WriteLine(
            $"seed {ProcessTests.Seed}: {Kills} kills, {_confirmed.Count} publishes confirmed, {first.Length} copied");
        Assert.True(_confirmed.Count > Kills, "the load did nothing");
        Assert.Empty(_confirmed.Except(first));
        Assert.Equal(first.Distinct().OrderBy(Number), first);
        for (int queue = 1; queue < Queues; queue++) Assert.Equal(first, await Drain(last, queue));
    }

    private static int Number(string body) => int.Parse(body, CultureInfo.InvariantCulture);

    private static string QueueName(int queue) => "q" + queue.ToString(CultureInfo.InvariantCulture);

    private static async Task Create(ServerProcess server)
    {
        await Put(server, Topic, "{}");
        for (int queue = 0; queue < Queues; queue++)
        {
            string name = QueueName(queue);
            await Put(server, "/v1/queues/" + name, "{}");
            await Put(
                server, $"{Topic}/subscriptions/{name}", "{\"target\":{\"type\":\"queue\",\"queue\":\"" + name +
                    "\"}}");
        }
    }

    private static async Task Put(ServerProcess server, string path, string config)
    {
        using var client = new QueueClient(server.Address, path);
        Answer created = await client.Create(config);
        Assert.True(created.Succeeded, created.ToString());
    }

    private async Task Publish(ServerProcess server)
    {
        using var client = new QueueClient(server.Address, Topic);
        while (true)
        {
            string[] bodies = [.. Enumerable.Range(_published, MessagesPerBatch).Select(
                static n => n.ToString(CultureInfo.InvariantCulture))];
            _published += bodies.Length;
            Answer answer = await client.SendBatch(bodies);
            if (answer.Unknown) return;
            Assert.True(answer.Succeeded, answer.ToString());
            _confirmed.UnionWith(bodies);
        }
    }

    /// <summary>All that the queue has, once its relay is done.</summary>
    private static async Task<string[]> Drain(ServerProcess server, int queue)
    {
        string name = QueueName(queue);
        using var subscription = new QueueClient(server.Address, $"{Topic}/subscriptions/{name}");
        while (await subscription.Statistic("available") + await subscription.Statistic("leased") > 0)
        {
        }

        using var client = new QueueClient(server.Address, name);
        List<string> bodies = [];
        List<string> receipts = [];
        while (true)
        {
            (Answer answer, Delivery[] messages, _) = await client.Receive(1_000, "0s", "60s", receipts);
            Assert.True(answer.Succeeded, answer.ToString());
            if (messages.Length == 0) return [.. bodies];
            bodies.AddRange(messages.Select(static message => message.Body));
            receipts = [.. messages.Select(static message => message.Receipt)];
        }
    }
}
