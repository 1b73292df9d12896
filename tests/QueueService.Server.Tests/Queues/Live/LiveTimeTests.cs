using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Queues.Live;

/// <summary>What happens by time alone, on a clock that the test moves.</summary>
public sealed class LiveTimeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;

    public LiveTimeTests() => _server = new LiveServer(_time, "Limits:MaxLiveStreams=2");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task An_idle_stream_has_a_heartbeat_every_15_seconds()
    {
        string queue = await _server.Api.NewQueue();
        using EventReader events = await EventReader.Open(_server.Http1, queue + "/sse");
        await events.Read();
        using DuplexRequest consumer = await DuplexRequest.Open(_server, "h2c", queue + "/consume");
        for (int i = 1; i <= 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(15));
            Assert.Equal("heartbeat", (await events.Read())![""]);
            Assert.Equal($"2026-11-21T10:00:{15 * i:00}.000Z", (string)(await consumer.Expect())["heartbeat"]!);
            if (i == 3) break;
            await consumer.Write("{\"credit\":1}");
        }
    }

    [Fact]
    public async Task Streams_beyond_the_limit_are_refused_until_one_ends()
    {
        string queue = await _server.Api.NewQueue();
        using EventReader first = await EventReader.Open(_server.Http1, queue + "/sse");
        EventReader second = await EventReader.Open(_server.Http1, queue + "/sse");
        Answer refused = await _server.Api.Get(queue + "/sse");
        refused.ShouldBlame(429, "too-many-streams");
        (await _server.Api.Post(queue + "/consume", "{}")).ShouldBlame(429, "too-many-streams");
        second.Dispose();
        using HttpClient client = new();
        HttpStatusCode status;
        do
        {
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_server.Http1, queue + "/sse"));
            using HttpResponseMessage answer =
                await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            status = answer.StatusCode;
        }
        while (status == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Theory]
    [InlineData("GET", "/sse?prefetch=1000&visibilityTimeout=12h", "")]
    [InlineData("POST", "/consume?visibilityTimeout=12h", "{\"credit\":1000}\n")]
    public async Task A_reader_that_takes_nothing_is_sent_away_and_its_leases_are_given_back(
        string method, string path, string line)
    {
        const int Messages = 40;
        string queue = await _server.Api.NewQueue();
        string body = new('x', 500_000);
        for (int i = 0; i < Messages; i++) await _server.Api.Post(queue + "/messages", body);
        using Socket stalled =
            new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await stalled.ConnectAsync(IPAddress.Loopback, _server.Http1.Port);
        string framing = method == "GET" ? "" : $"Transfer-Encoding: chunked\r\n\r\n{line.Length:x}\r\n{line}\r\n";
        await stalled.SendAsync(Encoding.ASCII.GetBytes(
            $"{method} {queue}{path} HTTP/1.1\r\nHost: x\r\n{framing}{(method == "GET" ? "\r\n" : "")}"));

        while ((int)(await Stats(queue))["leased"]! == 0)
        {
        }

        using CancellationTokenSource limit = new(Patience, TimeProvider.System);
        while ((int)(await Stats(queue))["available"]! < Messages)
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(0, (int)(await Stats(queue))["leased"]!);
        Assert.True(
            _time.GetUtcNow() < new DateTimeOffset(2026, 11, 21, 20, 0, 0, TimeSpan.Zero),
            "Only the lease's end helped.");
    }

    private async Task<JsonNode> Stats(string queue) => (await _server.Api.Get(queue)).Json["stats"]!;
}
