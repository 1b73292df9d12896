using System.Globalization;
using QueueService.Server.Tests.Webhooks;
using Xunit.Abstractions;

namespace QueueService.Server.Tests.Faults;

/// <summary>R18: kill -9 at random moments while webhooks are delivered.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledWebhookTests(ITestOutputHelper output)
{
    private const string Topic = "/v1/topics/killed";

    private static int Kills => ProcessTests.Soak ? 50 : 6;

    private readonly HashSet<string> _confirmed = [];
    private int _published;

    [Fact]
    public async Task Each_message_is_delivered_at_least_once_to_each_endpoint()
    {
        using var directory = new ScratchDirectory();
        await using Receiver receiver = new();
        string[] paths = ["/a", "/tenth-fails", "/b"];
        await DeliveryDirectory.AddHooks(
            directory.Data, static target => target, [.. paths.Select(receiver.Url)]);
        var random = new SeededRandom(ProcessTests.Seed);
        for (int kill = 0; kill < Kills; kill++)
        {
            await using ServerProcess server = await Start(directory.Data);
            Task publishing = Publish(server);
            // Another process is killed at whatever it is doing then: there is no clock to advance.
            await Task.Delay(TimeSpan.FromMilliseconds(100 + random.Below(700)), TimeProvider.System);
            await server.KillNow();
            await publishing;
        }

        await using ServerProcess last = await Start(directory.Data);
        for (int i = 0; i < paths.Length; i++) await AwaitEnd(last, i);
        Assert.True(_confirmed.Count > Kills, "the load did nothing");
        foreach (string path in paths)
        {
            string[] bodies =
                [.. receiver.Requests.Where(request => request.Path == path).Select(static request => request.Text)];
            output.WriteLine(
                $"{path}: seed {ProcessTests.Seed}: {Kills} kills, {_confirmed.Count} publishes confirmed, " +
                $"{bodies.Length} requests for {bodies.Distinct().Count()} messages");
            Assert.Empty(_confirmed.Except(bodies));
        }
    }

    [Fact]
    public async Task When_a_failed_delivery_is_tried_again_is_remembered_through_a_kill()
    {
        using var directory = new ScratchDirectory();
        await using Receiver receiver = new();
        await DeliveryDirectory.AddHooks(
            directory.Data, static target => target, receiver.Url("/status/503?retry-after=6"));
        await using (ServerProcess server = await Start(directory.Data))
        {
            using var client = new QueueClient(server.Address, Topic);
            Assert.True((await client.Send("hello")).Succeeded);
            using var subscription = new QueueClient(server.Address, Topic + "/subscriptions/s0");
            while (await subscription.Statistic("delayed") == 0)
            {
            }

            await server.KillNow();
        }

        ReceivedRequest first = await receiver.Next();
        await using ServerProcess next = await Start(directory.Data);
        ReceivedRequest second = await receiver.Next();
        Assert.Equal(2, receiver.Requests.Count);
        Assert.Equal(first.Headers["Message-Id"], second.Headers["Message-Id"]);
        // The delay begins when the answer has come, and ends at the earliest in time.
        Assert.InRange((second.At - first.At).TotalSeconds, 5.9, 60);
    }

    [Fact]
    public async Task A_server_that_is_told_to_stop_gives_a_hanging_delivery_back_and_it_is_the_same_attempt_again()
    {
        using var directory = new ScratchDirectory();
        await using Receiver receiver = new();
        await DeliveryDirectory.AddHooks(directory.Data, static target => target, receiver.Url("/hang"));
        await using (ServerProcess server = await Start(directory.Data))
        {
            using var client = new QueueClient(server.Address, Topic);
            Assert.True((await client.Send("hello")).Succeeded);
            await receiver.Next();
            await server.Terminate();
            Assert.Equal(0, await server.Exit(TimeSpan.FromSeconds(20)));
            Assert.DoesNotContain("\"Level\":\"Warning\"", server.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("\"Level\":\"Error\"", server.Output, StringComparison.Ordinal);
        }

        await using ServerProcess next = await Start(directory.Data);
        await receiver.Next();
        using var subscription = new QueueClient(next.Address, Topic + "/subscriptions/s0");
        Assert.Equal(1, await subscription.Statistic("leased"));
    }

    private static async Task<ServerProcess> Start(string directory)
    {
        var server = ServerProcess.Run(
            null, [], "--urls", "http://127.0.0.1:0", "--Storage:Directory=" + directory,
            "--Webhooks:AllowedNetworks:0=" + HookServer.Network);
        Assert.True(await server.BecomesReady(), server.Output);
        return server;
    }

    /// <summary>Publishes until the server is gone.</summary>
    private async Task Publish(ServerProcess server)
    {
        using var client = new QueueClient(server.Address, Topic);
        while (true)
        {
            string body = (_published++).ToString(CultureInfo.InvariantCulture);
            Answer answer = await client.Send(body);
            if (answer.Unknown) return;
            Assert.True(answer.Succeeded, answer.ToString());
            _confirmed.Add(body);
        }
    }

    private static async Task AwaitEnd(ServerProcess server, int subscription)
    {
        using var client = new QueueClient(
            server.Address, $"{Topic}/subscriptions/s{subscription.ToString(CultureInfo.InvariantCulture)}");
        while (await client.Statistic("available") + await client.Statistic("leased") + await client.Statistic("delayed") > 0)
        {
        }
    }
}
