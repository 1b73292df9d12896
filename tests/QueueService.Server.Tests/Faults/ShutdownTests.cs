using System.Net;

using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Faults;

/// <summary>SIGTERM: the server leaves in order.</summary>
[Collection(ProcessTests.Name)]
public sealed class ShutdownTests : IDisposable
{
    private const int LongPolls = 40;
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(20);

    private readonly ScratchDirectory _directory = new();

    [Fact]
    public async Task Long_polls_are_answered_early_and_empty_and_the_process_ends_well()
    {
        await using ServerProcess server = await ServerProcess.Start(_directory.Data);
        using var client = new QueueClient(server.Address, "empty");
        Assert.True((await client.Create()).Succeeded);
        Task<(Answer Answer, Delivery[] Messages, int[] Statuses)>[] polls =
            [.. Enumerable.Range(0, LongPolls).Select(_ => client.Receive(10, "60s", "30s"))];
        // Nothing tells from outside that a poll waits; a poll that is late finds a server that takes no new ones.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);

        await server.Terminate();
        Assert.Equal(0, await server.Exit(ExitLimit));
        foreach ((Answer answer, Delivery[] messages, _) in await Task.WhenAll(polls))
        {
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.Empty(messages);
        }
    }

    [Fact]
    public async Task Writes_in_flight_are_finished_and_every_confirmed_one_is_there_after_the_next_start()
    {
        const int Writers = 8;
        List<string> confirmed;
        await using (ServerProcess server = await ServerProcess.Start(_directory.Data))
        {
            using var client = new QueueClient(server.Address, "busy");
            Assert.True((await client.Create()).Succeeded);
            int sent = 0;
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<List<string>>[] writers =
                [.. Enumerable.Range(0, Writers).Select(writer => WriteUntilGone(server.Address, writer, Count))];
            Assert.Same(enough.Task, await Task.WhenAny([enough.Task, .. writers]));
            await server.Terminate();
            Assert.Equal(0, await server.Exit(ExitLimit));
            confirmed = [.. (await Task.WhenAll(writers)).SelectMany(bodies => bodies)];

            void Count()
            {
                if (Interlocked.Increment(ref sent) == 100)
                    enough.SetResult();
            }
        }

        await using ServerProcess next = await ServerProcess.Start(_directory.Data);
        HashSet<string> found = await ReceiveAll(next.Address, "busy");
        Assert.Empty(confirmed.Except(found));
    }

    [Fact]
    public async Task Readiness_is_503_while_it_drains_so_that_a_balancer_turns_away()
    {
        await using ServerProcess server = await ServerProcess.Start(_directory.Data);
        using var http = new HttpClient { Timeout = ExitLimit };
        await server.Terminate();
        List<HttpStatusCode?> seen = [];
        while (!server.HasExited)
            seen.Add(await ServerProcess.Readiness(http, server.Address));
        Assert.Equal(0, await server.Exit(ExitLimit));
        Assert.Contains(HttpStatusCode.ServiceUnavailable, seen);
        Assert.DoesNotContain(HttpStatusCode.OK, seen.SkipWhile(status => status == HttpStatusCode.OK));
    }

    [Fact]
    public async Task Live_streams_say_goodbye_give_back_their_leases_and_keep_no_process_alive()
    {
        await using (ServerProcess server = await ServerProcess.Start(_directory.Data))
        {
            using var client = new QueueClient(server.Address, "live");
            Assert.True((await client.Create()).Succeeded);
            Assert.True((await client.Send("held")).Succeeded);
            const string Queue = "/v1/queues/live";
            using EventReader events =
                await EventReader.Open(server.Address, Queue + "/sse?prefetch=1&visibilityTimeout=12h");
            await events.Read();
            await events.Message();
            using DuplexRequest consumer = await DuplexRequest.Open(server.Address, Queue + "/consume");
            await consumer.Write("{\"credit\":10}");
            using DuplexRequest producer = await DuplexRequest.Open(server.Address, Queue + "/messages/stream");
            await producer.Write("{\"body\":\"sent\"}");
            Assert.Equal(201, (int)(await producer.Expect())["status"]!);
            Assert.Equal("sent", (string)(await consumer.Expect())["body"]!);

            await server.Terminate();
            Assert.Equal("drain", (await events.Read())!["event"]);
            Assert.Null(await events.Read());
            Assert.True((bool)(await consumer.Expect())["drain"]!);
            Assert.Null(await consumer.Read());
            Assert.Null(await producer.Read());
            // Neither the consumer nor the producer has ended its request.
            Assert.Equal(0, await server.Exit(ExitLimit));
        }

        await using ServerProcess next = await ServerProcess.Start(_directory.Data);
        Assert.Equal(["held", "sent"], (await ReceiveAll(next.Address, "live")).Order());
    }

    public void Dispose() => _directory.Dispose();

    internal static async Task<List<string>> WriteUntilGone(Uri address, int writer, Action count)
    {
        using var client = new QueueClient(address, "busy");
        List<string> confirmed = [];
        for (int i = 0; ; i++)
        {
            string body = $"{writer}-{i}";
            Answer answer = await client.Send(body);
            if (!answer.Succeeded)
            {
                // Refused is fine while it leaves, but only in the words of a server that leaves.
                Assert.True(answer.Unknown || answer.Status == HttpStatusCode.ServiceUnavailable, answer.ToString());
                return confirmed;
            }

            confirmed.Add(body);
            count();
        }
    }

    internal static async Task<HashSet<string>> ReceiveAll(Uri address, string queue)
    {
        using var client = new QueueClient(address, queue);
        HashSet<string> found = [];
        Delivery[] messages;
        do
        {
            (Answer answer, messages, _) = await client.Receive(1000, "0s", "60s");
            Assert.True(answer.Succeeded, answer.ToString());
            found.UnionWith(messages.Select(message => message.Body));
        }
        while (messages.Length > 0);
        return found;
    }
}
