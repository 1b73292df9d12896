using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Streams.QueueViews;

/// <summary>Live readers of queue views, on a clock that the test moves.</summary>
public sealed class QueueViewLiveTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;

    public QueueViewLiveTests() => _server = new LiveServer(_time);

    public async Task InitializeAsync()
    {
        Assert.Equal(
            201, (await _server.Api.Put("/v1/streams/clicks", """{"partitions":3,"retentionSeconds":600}""")).Status);
        Assert.Equal(201, (await _server.Api.Put(
            "/v1/streams/clicks/queue-views/work", """{"visibilityTimeoutSeconds":3600}""")).Status);
    }

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Records_are_pushed_until_the_prefetch_is_reached_and_go_back_when_the_reader_goes()
    {
        EventReader events =
            await EventReader.Open(_server.Http1, "/v1/streams/clicks/queue-views/work/sse?prefetch=2");
        await events.Read();
        for (int partition = 0; partition < 3; partition++) await Append(partition, $"{partition}");
        JsonNode first = await events.Message();
        JsonNode second = await events.Message();
        Assert.Equal(204, (await _server.Api.Delete(Receipt(first))).Status);
        JsonNode third = await events.Message();
        Assert.Equal(
            [(0, 0), (1, 0), (2, 0)],
            ((JsonNode[])[first, second, third]).Select(static one => ((int)one["partition"]!, (int)one["offset"]!))
                .Order());
        events.Dispose();
        JsonNode again = await _server.Api.ReceiveOne("/v1/streams/clicks/queue-views/work");
        Assert.Equal(2, (int)again["receiveCount"]!);
    }

    [Fact]
    public async Task A_reader_hears_of_records_that_retention_took_and_their_receipts_say_so()
    {
        using EventReader events = await EventReader.Open(
            _server.Http1, "/v1/streams/clicks/queue-views/work/sse?prefetch=1");
        await events.Read();
        await Append(1, "leased");
        JsonNode leased = await events.Message();
        await Append(1, "waits");
        await Append(2, "waits");
        await Expire();
        Dictionary<string, string> gap = (await events.Read())!;
        while (gap.ContainsKey("")) gap = (await events.Read())!;
        Assert.Equal("gap", gap["event"]);
        Assert.Equal(
            """{"lost":3,"partitions":[{"partition":1,"from":0,"to":2},{"partition":2,"from":0,"to":1}]}""",
            gap["data"]);
        (await _server.Api.Delete(Receipt(leased))).ShouldBlame(410, "record-expired");
        JsonNode stats = (await _server.Api.Get("/v1/streams/clicks/queue-views/work")).Json["stats"]!;
        Assert.Equal((3, 0, 0), ((int)stats["expiredTotal"]!, (int)stats["leased"]!, (int)stats["available"]!));
        await Append(1, "young");
        Assert.Equal("young", (string)(await events.Message())["body"]!);
    }

    [Fact]
    public async Task A_consumer_acknowledges_over_its_request_and_hears_of_a_gap_as_a_line()
    {
        using DuplexRequest consumer = await DuplexRequest.Open(
            _server, "HTTP/1.1", "/v1/streams/clicks/queue-views/work/consume");
        await consumer.Write("{\"credit\":10}");
        await Append(0, "1");
        JsonNode first = await consumer.Expect();
        await consumer.Write($$"""{"acknowledge":["{{first["receiptHandle"]}}"]}""");
        Assert.Equal(204, (int)(await consumer.Expect())["acknowledged"]![0]!["status"]!);
        await Append(0, "2");
        JsonNode second = await consumer.Expect();
        await Expire();
        JsonNode line = await consumer.Expect();
        while (line["heartbeat"] is not null) line = await consumer.Expect();
        Assert.Equal(
            """{"lost":1,"partitions":[{"partition":0,"from":1,"to":2}]}""", line["gap"]!.ToJsonString());
        await consumer.Write($$"""{"acknowledge":["{{second["receiptHandle"]}}"]}""");
        line = await consumer.Expect();
        while (line["heartbeat"] is not null) line = await consumer.Expect();
        Assert.Equal("record-expired", (string)line["acknowledged"]![0]!["problem"]!["code"]!);
        await consumer.End();
    }

    [Fact]
    public async Task A_reader_of_a_view_that_is_deleted_hears_why_it_ends()
    {
        using EventReader events = await EventReader.Open(_server.Http1, "/v1/streams/clicks/queue-views/work/sse");
        await events.Read();
        Assert.Equal(204, (await _server.Api.Delete("/v1/streams/clicks")).Status);
        Dictionary<string, string> last = (await events.Read())!;
        Assert.Equal("problem", last["event"]);
        Assert.Equal("queue-view-not-found", (string)JsonNode.Parse(last["data"])!["code"]!);
        Assert.Null(await events.Read());
    }

    private static string Receipt(JsonNode record) =>
        $"/v1/streams/clicks/queue-views/work/receipts/{record["receiptHandle"]}";

    private async Task Append(int partition, string body) => Assert.Equal(
        201, (await _server.Api.Post($"/v1/streams/clicks/records?partition={partition}", body)).Status);

    private async Task Expire()
    {
        _time.Advance(TimeSpan.FromSeconds(601));
        Answer run;
        do run = await _server.Api.Post("/v1/jobs/retention/trigger");
        while (run.Status == 409);
        Assert.Equal(202, run.Status);
    }
}
