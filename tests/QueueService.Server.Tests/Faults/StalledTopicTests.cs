using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using QueueService.Server.Tests.Topics.Live;
using Xunit.Abstractions;

namespace QueueService.Server.Tests.Faults;

/// <summary>R12: what readers cost that stay connected and take nothing.</summary>
[Collection(ProcessTests.Name)]
public sealed class StalledTopicTests(ITestOutputHelper output) : IDisposable
{
    private const int Readers = 500;
    private const int Batches = 12;
    private const int BatchMessages = 1_000;
    private const string Topic = "/v1/topics/stalled";

    private readonly ScratchDirectory _directory = new();
    private readonly List<Socket> _stalled = [];

    [Theory]
    [InlineData("from=latest")]
    [InlineData("from=earliest")]
    public async Task A_reader_that_stops_reading_costs_256_KB_at_most_while_messages_of_1_KiB_flow(string from)
    {
        await using ServerProcess server = await ServerProcess.Start(_directory.Data);
        using HttpClient http = new() { BaseAddress = server.Address };
        using HttpResponseMessage created = await http.PutAsync(new Uri(Topic, UriKind.Relative), null);
        created.EnsureSuccessStatusCode();
        using TopicFollower witness = await TopicFollower.Open(server.Address, Topic + "/sse");
        for (int i = 0; i < 3; i++) await Flow();
        long before = ResidentBytes(server.Id);
        for (int i = 0; i < Readers; i++) await Stall(server.Address, $"{Topic}/sse?{from}");
        await Flow();
        long perReader = (ResidentBytes(server.Id) - before) / Readers;

        long[] unsent = UnsentBytes(server.Address.Port);
        output.WriteLine($"{from}: {perReader} bytes a reader; the kernel holds up to {unsent.Max()} for one");
        // The connection of each is full, and has less than half of what was published: the server holds the rest back.
        Assert.InRange(unsent.Length, Readers, Readers + 2);
        Assert.InRange(unsent.Max(), 1, Batches * BatchMessages * 1_024 / 2);
        Assert.InRange(perReader, 1, 256 * 1_024);

        async Task Flow()
        {
            string line = $$"""{"body":"{{new string('x', 1_024)}}"}""" + "\n";
            string lines = string.Concat(Enumerable.Repeat(line, BatchMessages));
            for (int i = 0; i < Batches; i++)
            {
                using StringContent content = new(lines, Encoding.UTF8, "application/x-ndjson");
                using HttpResponseMessage answer =
                    await http.PostAsync(new Uri(Topic + "/messages/batch", UriKind.Relative), content);
                answer.EnsureSuccessStatusCode();
                for (int n = 0; n < BatchMessages; n++) await witness.Next();
            }
        }
    }

    public void Dispose()
    {
        foreach (Socket socket in _stalled) socket.Dispose();
        _directory.Dispose();
    }

    /// <summary>Takes the beginning of the answer and nothing after it.</summary>
    private async Task Stall(Uri server, string path)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4_096,
        };
        _stalled.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        byte[] piece = new byte[1_024];
        string text = "";
        while (!text.Contains("id: ", StringComparison.Ordinal))
            text += Encoding.ASCII.GetString(piece, 0, await socket.ReceiveAsync(piece));
    }

    /// <summary>What the kernel still has to send, for each connection of a server that waits for its client.</summary>
    private static long[] UnsentBytes(int port)
    {
        string local = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return
        [
            .. File.ReadLines("/proc/net/tcp").Skip(1)
                .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[1].EndsWith(local, StringComparison.Ordinal) && fields[3] == "01")
                .Select(static fields => fields[4].Split(':')[0])
                .Select(static unsent => long.Parse(unsent, NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                .Where(static bytes => bytes > 4_096),
        ];
    }

    private static long ResidentBytes(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(
            static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) * 1_024;
    }
}
