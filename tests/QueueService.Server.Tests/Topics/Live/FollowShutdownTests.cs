using System.Net;
using System.Net.Sockets;
using System.Text;
using QueueService.Server.Tests.Faults;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics.Live;

/// <summary>SIGTERM, as readers of a topic see it.</summary>
[Collection(ProcessTests.Name)]
public sealed class FollowShutdownTests : IDisposable
{
    private const string Topic = "/v1/topics/news";
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(10);

    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Readers_hear_that_the_server_stops_and_go_on_after_their_last_event_when_it_is_back()
    {
        string never = $"{Topic}/sse?filter={Uri.EscapeDataString("""{"routingKey":"never"}""")}";
        string[] ids;
        await using (ServerProcess server = await ServerProcess.Start(_directory.Data))
        {
            await Publish(server.Address, "1");
            using TopicFollower latest = await TopicFollower.Open(server.Address, Topic + "/sse");
            using TopicFollower earliest = await TopicFollower.Open(server.Address, Topic + "/sse?from=earliest");
            using TopicFollower picky = await TopicFollower.Open(server.Address, never);
            TopicFollower[] readers = [latest, earliest, picky];
            await Publish(server.Address, "2");
            Assert.Equal(["2"], await latest.Bodies(1));
            Assert.Equal(["1", "2"], await earliest.Bodies(2));

            await server.Terminate();
            foreach (TopicFollower reader in readers)
            {
                Assert.Equal("{}", (await reader.Next("drain")).ToJsonString());
                Assert.Null(await reader.Read());
            }

            Assert.Equal(0, await server.Exit(ExitLimit));
            ids = [.. readers.Select(static reader => reader.LastId)];
        }

        await using ServerProcess next = await ServerProcess.Start(_directory.Data);
        await Publish(next.Address, "3");
        foreach (string id in ids.Take(2))
        {
            using TopicFollower reader = await TopicFollower.Open(next.Address, Topic + "/sse", $"Last-Event-ID: {id}");
            Assert.Equal(["3"], await reader.Bodies(1));
        }

        // What its filter had left out comes again to one that asks for everything; nothing is missing.
        using TopicFollower all = await TopicFollower.Open(next.Address, Topic + "/sse", $"Last-Event-ID: {ids[2]}");
        string[] last = await all.Bodies(1);
        if (last[0] == "2") last = await all.Bodies(1);
        Assert.Equal(["3"], last);
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_keeps_no_server_from_stopping()
    {
        await using ServerProcess server = await ServerProcess.Start(_directory.Data);
        await Publish(server.Address, "first");
        using Socket stalled = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4_096,
        };
        await stalled.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        await stalled.SendAsync(Encoding.ASCII.GetBytes($"GET {Topic}/sse HTTP/1.1\r\nHost: x\r\n\r\n"));
        byte[] piece = new byte[4_096];
        string text = "";
        while (!text.Contains("id: ", StringComparison.Ordinal))
            text += Encoding.ASCII.GetString(piece, 0, await stalled.ReceiveAsync(piece));
        using TopicFollower witness = await TopicFollower.Open(server.Address, Topic + "/sse");
        string padding = new('x', 200_000);
        for (int i = 0; i < 40; i++)
        {
            await Publish(server.Address, padding);
            await witness.Next();
        }

        await server.Terminate();
        await witness.Next("drain");
        Assert.Equal(0, await server.Exit(ExitLimit));
    }

    private static async Task Publish(Uri server, string body)
    {
        using HttpClient http = new() { BaseAddress = server };
        using HttpResponseMessage topic = await http.PutAsync(new Uri(Topic, UriKind.Relative), null);
        topic.EnsureSuccessStatusCode();
        using StringContent content = new(body);
        using HttpResponseMessage answer =
            await http.PostAsync(new Uri(Topic + "/messages", UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
    }
}
