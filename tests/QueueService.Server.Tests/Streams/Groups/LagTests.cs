using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Streams.Groups;

/// <summary>Lag, rates and metrics of consumer groups, on a clock that the test moves.</summary>
public sealed class LagTests : IAsyncLifetime
{
    private const string Stream = "/v1/streams/orders";

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;

    public LagTests() => _server = new LiveServer(_time);

    public async Task InitializeAsync() => await _server.Api.Put(Stream, """{"partitions":2}""");

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Rates_are_those_of_about_the_last_minute()
    {
        await Append(0, 60);
        await Append(1, 6);
        await Commit("""{"0":0,"1":0}""");
        await Commit("""{"0":30,"1":6}""");
        JsonNode lag = (await _server.Api.Get(Stream + "/groups/g/lag")).Json;
        Assert.Equal((1.1, 0.6), Rates(lag));
        Assert.Equal((1.0, 0.5), Rates(lag["partitions"]![0]!));
        Assert.Equal(
            0.1, (double)(await _server.Api.Get(Stream + "/partitions")).Json["items"]![1]!["appendedPerSecond"]!);

        // What is a minute old counts e times less, and after ten minutes nothing is left.
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((0.368, 0.184), Rates((await _server.Api.Get(Stream + "/groups/g/lag")).Json["partitions"]![0]!));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal((0.0, 0.0), Rates((await _server.Api.Get(Stream + "/groups/g/lag")).Json));
    }

    [Fact]
    public async Task A_stream_has_the_metrics_of_streams_and_a_queue_those_of_queues()
    {
        (await _server.Api.Send("PATCH", Stream, """{"alarms":[{"name":"a","metric":"leased"}]}"""))
            .ShouldBlame(400, "invalid-request", "/alarms/0/metric");
        (await _server.Api.Send("PATCH", Stream, """{"alarms":[{"name":"a","metric":null}]}"""))
            .ShouldBlame(400, "invalid-request", "/alarms/0/metric");
        (await _server.Api.Put("/v1/queues/q", """{"alarms":[{"name":"a","metric":"groupLag"}]}"""))
            .ShouldBlame(400, "invalid-request", "/alarms/0/metric");
    }

    [Fact]
    public async Task Metrics_tell_of_every_partition_and_every_group()
    {
        await Append(0, 4);
        await Append(1, 3);
        await Commit("""{"0":1,"1":3}""");
        _time.Advance(TimeSpan.FromSeconds(5));
        Answer metrics = await _server.Api.Get("/metrics");
        Assert.StartsWith("text/plain; version=0.0.4", metrics.Headers["Content-Type"], StringComparison.Ordinal);
        string[] lines = metrics.Text.Split('\n');
        foreach (string line in new[]
        {
            "# TYPE queueservice_stream_appended_total counter",
            """queueservice_stream_appended_total{stream="orders",partition="0"} 4""",
            """queueservice_stream_appended_total{stream="orders",partition="1"} 3""",
            """queueservice_group_lag_records{stream="orders",group="g",partition="0"} 3""",
            """queueservice_group_lag_seconds{stream="orders",group="g",partition="0"} 5""",
            """queueservice_group_lag_records{stream="orders",group="g",partition="1"} 0""",
            """queueservice_group_committed_offset{stream="orders",group="g",partition="1"} 3""",
            "queueservice_sent_total 7",
        })
            Assert.Contains(line, lines);
        Assert.Single(
            lines, static line => line.StartsWith("# HELP queueservice_group_lag_records", StringComparison.Ordinal));
    }

    private static (double, double) Rates(JsonNode node) =>
        ((double)node["appendedPerSecond"]!, (double)node["committedPerSecond"]!);

    private async Task Append(int partition, int records)
    {
        for (int i = 0; i < records; i++)
            Assert.Equal(201, (await _server.Api.Post($"{Stream}/records?partition={partition}", "x")).Status);
    }

    private async Task Commit(string offsets, string group = "g")
    {
        await _server.Api.Put($"{Stream}/groups/{group}", """{"autoOffsetReset":"earliest"}""");
        Answer answer = await _server.Api.Send(
            "POST", $"{Stream}/groups/{group}/commit", $$"""{"offsets":{{offsets}}}""",
            "Content-Type: application/json");
        Assert.True(answer.Status is 200 or 204, answer.Text);
    }
}
