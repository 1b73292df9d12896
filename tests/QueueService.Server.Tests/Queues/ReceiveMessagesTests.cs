using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class ReceiveMessagesTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_received_message_is_hidden_and_an_acknowledged_one_is_gone()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "x");
        JsonNode message = await _api.ReceiveOne(queue);
        Assert.Equal(1, (int)message["receiveCount"]!);
        Assert.Matches("^[A-Za-z0-9_-]{43}$", (string)message["receiptHandle"]!);
        Assert.Empty((await _api.Post(queue + "/receive")).Json["messages"]!.AsArray());
        string receipt = $"{queue}/receipts/{message["receiptHandle"]}";
        Assert.Equal(204, (await _api.Delete(receipt)).Status);
        (await _api.Delete(receipt)).ShouldBlame(410, "receipt-expired");
        (await _api.Get($"{queue}/messages/{message["id"]}")).ShouldBlame(404, "message-not-found");
    }

    [Fact]
    public async Task A_released_message_is_received_again_with_a_higher_count()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "x");
        JsonNode first = await _api.ReceiveOne(queue);
        Assert.Equal(204, (await _api.Post($"{queue}/receipts/{first["receiptHandle"]}/release")).Status);
        JsonNode second = await _api.ReceiveOne(queue);
        Assert.Equal(2, (int)second["receiveCount"]!);
        Assert.Equal((string)first["firstReceivedAt"]!, (string)second["firstReceivedAt"]!);
        (await _api.Delete($"{queue}/receipts/{first["receiptHandle"]}")).ShouldBlame(410, "receipt-expired");
    }

    [Fact]
    public async Task A_waiting_receive_is_answered_when_a_message_comes()
    {
        string queue = await _api.NewQueue();
        Task<Answer> waiting = _api.Post(queue + "/receive?wait=60s");
        await _api.Post(queue + "/messages", "x");
        Assert.Single((await waiting).Json["messages"]!.AsArray());
    }

    [Fact]
    public async Task A_receive_waits_as_long_as_it_says_and_answers_an_empty_list()
    {
        string queue = await _api.NewQueue("""{"receiveWaitSeconds":60}""");
        Assert.Empty((await _api.Post(queue + "/receive?wait=50ms")).Json["messages"]!.AsArray());
        Assert.Empty((await _api.Post(queue + "/receive?wait=0")).Json["messages"]!.AsArray());
    }

    [Fact]
    public async Task The_visibility_timeout_of_the_request_counts()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "x");
        JsonNode message = await _api.ReceiveOne(queue, "&visibilityTimeout=2h");
        TimeSpan hidden = DateTimeOffset.Parse((string)message["visibleAt"]!) -
            DateTimeOffset.Parse((string)message["firstReceivedAt"]!);
        Assert.Equal(TimeSpan.FromHours(2), hidden);
    }

    [Fact]
    public async Task Auto_acknowledged_messages_are_gone_and_have_no_receipt()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "x");
        JsonNode message = await _api.ReceiveOne(queue, "&ack=auto");
        Assert.Null(message["receiptHandle"]);
        Assert.Equal(0, (int)(await _api.Get(queue)).Json["stats"]!["leased"]!);
        (await _api.Get($"{queue}/messages/{message["id"]}")).ShouldBlame(404, "message-not-found");
    }

    [Fact]
    public async Task A_receive_acknowledges_earlier_messages_in_the_same_commit()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "a");
        await _api.Post(queue + "/messages", "b");
        string handle = (string)(await _api.ReceiveOne(queue))["receiptHandle"]!;
        await _api.Post(queue + "/messages", "c");
        string late = (string)(await _api.ReceiveOne(queue))["receiptHandle"]!;
        await _api.Delete($"{queue}/receipts/{late}");
        Answer answer = await _api.Post(
            queue + "/receive?wait=10s", $$"""{"acknowledge":["{{handle}}","made-up","{{late}}"]}""");
        Assert.Equal("c", (string)answer.Json["messages"]![0]!["body"]!);
        JsonArray acknowledged = answer.Json["acknowledged"]!.AsArray();
        Assert.Equal([204, 404, 410], acknowledged.Select(result => (int)result!["status"]!));
        Assert.Equal("made-up", (string)acknowledged[1]!["receiptHandle"]!);
        Assert.Equal(1, (int)(await _api.Get(queue)).Json["stats"]!["leased"]!);
    }

    [Theory]
    [InlineData("""{"acknowledge":7}""", "/acknowledge")]
    [InlineData("""{"acknowledge":[7]}""", "/acknowledge/0")]
    [InlineData("""{"ack":[]}""", "/ack")]
    [InlineData("[]", "")]
    public async Task A_receive_with_a_wrong_body_is_refused(string body, string pointer) =>
        (await _api.Post(await _api.NewQueue() + "/receive", body)).ShouldBlame(400, "invalid-request", pointer);

    [Theory]
    [InlineData("max=0", "?max")]
    [InlineData("max=1001", "?max")]
    [InlineData("max=ten", "?max")]
    [InlineData("max=", "?max")]
    [InlineData("max=%31%30&max=1", "?max")]
    [InlineData("wait=61s", "?wait")]
    [InlineData("wait=forever", "?wait")]
    [InlineData("visibilityTimeout=13h", "?visibilityTimeout")]
    [InlineData("ack=yes", "?ack")]
    [InlineData("format=xml", "?format")]
    [InlineData("format=raw&max=2", "?max")]
    [InlineData("prefetch=2", "?prefetch")]
    [InlineData("MAX=2", "?MAX")]
    public async Task A_wrong_parameter_is_refused_by_name(string query, string name) =>
        (await _api.Post($"{await _api.NewQueue()}/receive?{query}")).ShouldBlame(400, "invalid-request", name);

    [Fact]
    public async Task Raw_format_is_the_message_itself()
    {
        string queue = await _api.NewQueue();
        await _api.SendBytes(
            "POST", queue + "/messages", [1, 2, 255], "Content-Type: image/png", "Message-Attribute-K: vé",
            "Message-Correlation-Id: c");
        Answer raw = await _api.Post(queue + "/receive?format=raw&wait=10s");
        Assert.Equal([1, 2, 255], raw.Bytes);
        Assert.Equal("image/png", raw.MediaType);
        Assert.Equal("vé", raw.Headers["Message-Attribute-k"]);
        Assert.Equal("c", raw.Headers["Message-Correlation-Id"]);
        Assert.Equal("1", raw.Headers["Message-Receive-Count"]);
        Assert.Equal("0", raw.Headers["Message-Sequence-Number"]);
        Assert.Equal(204, (await _api.Delete($"{queue}/receipts/{raw.Headers["Message-Receipt-Handle"]}")).Status);
        Assert.Equal(204, (await _api.Post(queue + "/receive?format=raw")).Status);
    }

    [Fact]
    public async Task Attributes_that_no_header_can_hold_are_escaped_in_raw_format()
    {
        string queue = await _api.NewQueue();
        await _api.Post(
            queue + "/messages/batch", """{"messages":[{"body":"x","attributes":{"a":"one\r\nEvil: 1"}}]}""");
        Answer raw = await _api.Post(queue + "/receive?format=raw&wait=10s");
        Assert.Equal("one%0D%0AEvil: 1", raw.Headers["Message-Attribute-a"]);
        Assert.DoesNotContain("Evil", raw.Headers.Keys);
    }

    [Fact]
    public async Task A_large_answer_is_streamed_whole()
    {
        string queue = await _api.NewQueue("""{"durability":"memory"}""");
        string body = new('x', 100_000);
        for (int i = 0; i < 20; i++) await _api.Post(queue + "/messages", body + i);
        Answer answer = await _api.Post(queue + "/receive?max=100&wait=10s");
        Assert.DoesNotContain("Content-Length", answer.Headers.Keys);
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => body + i),
            answer.Json["messages"]!.AsArray().Select(message => (string)message!["body"]!));
    }

    [Fact]
    public async Task A_client_that_goes_away_while_waiting_takes_no_message_with_it()
    {
        string queue = await _api.NewQueue("""{"visibilityTimeoutSeconds":43200}""");
        using (TcpClient client = new(server.Address.Host, server.Address.Port))
        {
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST {queue}/receive?wait=60s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
        }

        await _api.Post(queue + "/messages", "x");
        Assert.Equal("x", (string)(await _api.ReceiveOne(queue))["body"]!);
    }
}
