using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class FifoQueueTests(RunningServer server)
{
    private const string Fifo = """{"type":"fifo"}""";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_group_keeps_its_order_and_waits_while_a_message_of_it_is_leased()
    {
        string queue = await _api.NewQueue(Fifo);
        await _api.Post($"{queue}/messages", "a1", "Message-Group-Id: a");
        await _api.Post($"{queue}/messages?groupId=a", "a2");
        await _api.Post($"{queue}/messages/batch", """{"messages":[{"body":"b1","groupId":"b"}]}""");
        JsonNode first = await _api.ReceiveOne(queue);
        Assert.Equal(("a1", "a"), ((string)first["body"]!, (string)first["groupId"]!));
        Assert.Equal("b1", (string)(await _api.ReceiveOne(queue))["body"]!);
        Assert.Equal(1, (int)(await _api.Get(queue)).Json["stats"]!["blocked"]!);
        JsonArray browsed = (await _api.Get($"{queue}/messages?state=blocked")).Json["items"]!.AsArray();
        Assert.Equal("a2", (string)Assert.Single(browsed)!["body"]!);
        await _api.Delete($"{queue}/receipts/{first["receiptHandle"]}");
        JsonNode second = await _api.ReceiveOne(queue);
        Assert.Equal("a2", (string)second["body"]!);
        Assert.True((long)second["sequenceNumber"]! > (long)first["sequenceNumber"]!);
    }

    [Fact]
    public async Task A_message_sent_twice_is_answered_with_the_first_one()
    {
        string queue = await _api.NewQueue(Fifo);
        Answer first = await _api.Post($"{queue}/messages", "one", "Message-Deduplication-Id: order-1");
        Answer second = await _api.Post($"{queue}/messages", "one", "Message-Deduplication-Id: order-1");
        Assert.Equal((201, 200), (first.Status, second.Status));
        Assert.Equal((string)first.Json["id"]!, (string)second.Json["id"]!);
        Assert.Equal((string)first.Json["sentAt"]!, (string)second.Json["sentAt"]!);
        Assert.True((bool)second.Json["deduplicated"]!);
        Assert.Null(first.Json["deduplicated"]);
        JsonNode received = await _api.ReceiveOne(queue);
        Assert.Equal("order-1", (string)received["deduplicationId"]!);
        Assert.Equal(0, (int)(await _api.Get(queue)).Json["stats"]!["available"]!);

        Answer batch = await _api.Post(
            $"{queue}/messages/batch?partial=true",
            """{"messages":[{"body":"one","deduplicationId":"order-1"},{"body":"two","deduplicationId":"order-2"}]}""");
        Assert.Equal(207, batch.Status);
        JsonArray results = batch.Json["results"]!.AsArray();
        Assert.Equal([200, 201], results.Select(static result => (int)result!["status"]!));
        Assert.True((bool)results[0]!["deduplicated"]!);
    }

    [Fact]
    public async Task Bodies_are_compared_where_the_queue_says_so()
    {
        string queue = await _api.NewQueue(
            """{"type":"fifo","contentBasedDeduplication":true,"deduplicationScope":"group"}""");
        Assert.Equal(201, (await _api.Post($"{queue}/messages?groupId=a", "same")).Status);
        Assert.Equal(200, (await _api.Post($"{queue}/messages?groupId=a", "same")).Status);
        Assert.Equal(201, (await _api.Post($"{queue}/messages?groupId=b", "same")).Status);
        JsonNode settings = (await _api.Get(queue)).Json;
        Assert.True((bool)settings["contentBasedDeduplication"]!);
        Assert.Equal("group", (string)settings["deduplicationScope"]!);
    }

    [Fact]
    public async Task A_receive_that_is_repeated_under_its_name_gets_the_same_messages()
    {
        string queue = await _api.NewQueue(Fifo);
        await _api.Post($"{queue}/messages", "one");
        Answer first = await _api.Post($"{queue}/receive?attemptId=worker-1");
        Answer second = await _api.Post($"{queue}/receive?attemptId=worker-1");
        JsonNode message = Assert.Single(second.Json["messages"]!.AsArray())!;
        Assert.Equal((string)first.Json["messages"]![0]!["receiptHandle"]!, (string)message["receiptHandle"]!);
        Assert.Empty((await _api.Post($"{queue}/receive?attemptId=worker-2")).Json["messages"]!.AsArray());
        (await _api.Post($"{queue}/receive?attemptId=x&ack=auto")).ShouldBlame(400, "invalid-request", "?attemptId");
        (await _api.Post($"{queue}/receive?attemptId=")).ShouldBlame(400, "invalid-request", "?attemptId");
    }

    [Fact]
    public async Task What_has_no_meaning_for_the_type_of_a_queue_is_refused()
    {
        string fifo = await _api.NewQueue(Fifo);
        string standard = await _api.NewQueue();
        (await _api.Post($"{fifo}/messages", "x", "Message-Priority: 5")).ShouldBlame(400, "priority-not-supported");
        (await _api.Post($"{standard}/messages", "x", "Message-Deduplication-Id: 1"))
            .ShouldBlame(400, "deduplication-not-supported");
        (await _api.Patch(standard, """{"contentBasedDeduplication":true}"""))
            .ShouldBlame(400, "deduplication-not-supported");
        (await _api.Post($"{fifo}/messages", "x", "Message-Group-Id: has space"))
            .ShouldBlame(400, "invalid-request", "Message-Group-Id");
        (await _api.Post($"{fifo}/messages?groupId={new string('g', 129)}", "x"))
            .ShouldBlame(400, "invalid-request", "?groupId");
        (await _api.Put(fifo, "{}")).ShouldBlame(409, "immutable-field", "/type");
    }
}
