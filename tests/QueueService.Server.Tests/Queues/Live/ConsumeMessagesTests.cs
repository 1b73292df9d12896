using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues.Live;

[Collection(LiveCollection.Name)]
public sealed class ConsumeMessagesTests(LiveServer server)
{
    private const string Lines = "Content-Type: application/x-ndjson";

    public static TheoryData<string> Protocols => ["HTTP/1.1", "h2c", "h2"];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Messages_come_as_far_as_the_credit_goes_and_acknowledging_with_new_credit_brings_the_next(
        string protocol)
    {
        string queue = await NewQueue("a", "b", "c");
        using DuplexRequest consumer = await DuplexRequest.Open(server, protocol, queue + "/consume");
        await consumer.Write("{\"credit\":2}");
        JsonNode first = await consumer.Expect();
        Assert.Equal(("a", 1), ((string)first["body"]!, (int)first["receiveCount"]!));
        JsonNode second = await consumer.Expect();
        await consumer.Write(
            $$"""{"acknowledge":["{{first["receiptHandle"]}}","{{second["receiptHandle"]}}","x"],"credit":1}""");
        JsonNode results = await consumer.Expect();
        Assert.Equal([204, 204, 404], results["acknowledged"]!.AsArray().Select(result => (int)result!["status"]!));
        Assert.Equal("c", (string)(await consumer.Expect())["body"]!);
        await consumer.End();
        Assert.Null(await consumer.Read());
        Assert.Equal((1, 2), await Counts(queue));
    }

    [Fact]
    public async Task A_message_that_comes_later_is_sent_at_once_and_can_be_acknowledged_without_credit()
    {
        string queue = await NewQueue();
        using DuplexRequest consumer =
            await DuplexRequest.Open(server, "HTTP/1.1", queue + "/consume?visibilityTimeout=1h");
        await consumer.Write("{\"credit\":1}");
        await server.Api.Post(queue + "/messages", "late");
        JsonNode message = await consumer.Expect();
        Assert.Equal("late", (string)message["body"]!);
        Assert.True(Instant(message["visibleAt"]) - Instant(message["firstReceivedAt"]) == TimeSpan.FromHours(1));
        await consumer.Write($$"""{"acknowledge":["{{message["receiptHandle"]}}"]}""");
        Assert.Equal(204, (int)(await consumer.Expect())["acknowledged"]![0]!["status"]!);
    }

    [Fact]
    public async Task Leases_are_extended_and_released_with_a_result_for_each_line()
    {
        string queue = await NewQueue("a", "b");
        using DuplexRequest consumer = await DuplexRequest.Open(server, "h2c", queue + "/consume");
        await consumer.Write("{\"credit\":2}");
        string first = (string)(await consumer.Expect())["receiptHandle"]!;
        string second = (string)(await consumer.Expect())["receiptHandle"]!;
        await consumer.Write(
            $$"""{"extend":["{{first}}"],"visibilityTimeoutSeconds":600}""",
            $$"""{"release":["{{second}}"],"delaySeconds":900}""");
        JsonNode extended = await consumer.Expect();
        Assert.Equal(200, (int)extended["extended"]![0]!["status"]!);
        Assert.NotNull(extended["visibleAt"]);
        Assert.Equal(204, (int)(await consumer.Expect())["released"]![0]!["status"]!);
        JsonNode stats = (await server.Api.Get(queue)).Json["stats"]!;
        Assert.Equal((1, 1), ((int)stats["leased"]!, (int)stats["delayed"]!));
    }

    [Fact]
    public async Task A_bad_line_answers_a_problem_and_the_stream_goes_on()
    {
        string queue = await NewQueue("a");
        using DuplexRequest consumer = await DuplexRequest.Open(server, "HTTP/1.1", queue + "/consume");
        (string Line, string Blamed)[] bad =
        [
            ("nonsense", ""), ("{}", ""), ("null", ""), ("{\"credit\":0}", "/credit"), (
                "{\"credit\":10001}", "/credit"),
            ("{\"credits\":1}", "/credits"), ("{\"acknowledge\":\"x\"}", "/acknowledge"),
            ("{\"extend\":[]}", "/visibilityTimeoutSeconds"), ("{\"credit\":1,\"delaySeconds\":1}", "/delaySeconds"),
        ];
        foreach ((string line, string blamed) in bad)
        {
            await consumer.Write(line);
            JsonNode answer = await consumer.Expect();
            Assert.Equal(400, (int)answer["status"]!);
            if (blamed.Length > 0) Assert.NotNull(answer["problem"]!["errors"]![blamed]);
        }

        await consumer.Write("{\"credit\":10000}");
        Assert.Equal("a", (string)(await consumer.Expect())["body"]!);
        await consumer.Write("{\"credit\":10000}");
        Assert.NotNull((await consumer.Expect())["problem"]!["errors"]!["/credit"]);
        await consumer.Write(new string('x', 400_000));
        Assert.Equal(413, (int)(await consumer.Expect())["status"]!);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_connection_that_breaks_gives_back_what_was_not_acknowledged(string protocol)
    {
        string queue = await NewQueue("a", "b");
        using DuplexRequest consumer =
            await DuplexRequest.Open(server, protocol, queue + "/consume?visibilityTimeout=12h");
        await consumer.Write("{\"credit\":10}");
        string first = (string)(await consumer.Expect())["receiptHandle"]!;
        await consumer.Expect();
        await consumer.Write($$"""{"acknowledge":["{{first}}"]}""");
        await consumer.Expect();
        consumer.Abort();
        JsonNode again = await server.Api.ReceiveOne(queue);
        Assert.Equal(("b", 2), ((string)again["body"]!, (int)again["receiveCount"]!));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_queue_that_is_deleted_ends_the_stream_with_a_problem(string protocol)
    {
        string queue = await NewQueue();
        using DuplexRequest consumer = await DuplexRequest.Open(server, protocol, queue + "/consume");
        await consumer.Write("{\"credit\":10}");
        await server.Api.Delete(queue);
        Assert.Equal("queue-not-found", (string)(await consumer.Expect())["problem"]!["code"]!);
        Assert.Null(await consumer.Read());
    }

    [Fact]
    public async Task Thousands_of_messages_go_through_one_consumer_exactly_once()
    {
        const int Count = 5_000;
        string queue = await NewQueue();
        using DuplexRequest consumer = await DuplexRequest.Open(server, "h2c", queue + "/consume");
        using DuplexRequest producer = await DuplexRequest.Open(server, "h2c", queue + "/messages/stream");
        await consumer.Write("{\"credit\":100}");
        await producer.Write([.. Enumerable.Range(0, Count).Select(i => $$"""{"body":"{{i}}"}""")]);
        for (int i = 0; i < Count; i++) await producer.Expect();
        HashSet<string> seen = [];
        int acknowledged = 0;
        while (acknowledged < Count)
        {
            JsonNode line = await consumer.Expect();
            if (line["acknowledged"] is JsonArray results)
            {
                Assert.All(results, result => Assert.Equal(204, (int)result!["status"]!));
                acknowledged += results.Count;
            }
            else if (line["heartbeat"] is null)
            {
                Assert.True(seen.Add((string)line["body"]!));
                await consumer.Write($$"""{"acknowledge":["{{line["receiptHandle"]}}"],"credit":1}""");
            }
        }

        Assert.Equal(Count, seen.Count);
        Assert.Equal((0, Count), await Counts(queue));
    }

    [Fact]
    public async Task What_cannot_begin_is_a_problem_document()
    {
        string queue = await NewQueue();
        (await server.Api.Post("/v1/queues/nobody/consume", "{}", Lines)).ShouldBlame(404, "queue-not-found");
        (await server.Api.Post(queue + "/consume?visibilityTimeout=0", "{}", Lines))
            .ShouldBlame(400, "invalid-request", "?visibilityTimeout");
        (await server.Api.Post(queue + "/consume", "{}", "Content-Type: text/csv"))
            .ShouldBlame(415, "unsupported-media-type");
    }

    private static DateTimeOffset Instant(JsonNode? value) => DateTimeOffset.Parse((string)value!);

    private async Task<string> NewQueue(params string[] bodies)
    {
        string queue = await server.Api.NewQueue();
        foreach (string body in bodies) await server.Api.Post(queue + "/messages", body);
        return queue;
    }

    private async Task<(int Here, int Deleted)> Counts(string queue)
    {
        JsonNode stats = (await server.Api.Get(queue)).Json["stats"]!;
        return ((int)stats["leased"]! + (int)stats["available"]!, (int)stats["deletedTotal"]!);
    }
}
