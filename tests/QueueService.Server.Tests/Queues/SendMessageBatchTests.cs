using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class SendMessageBatchTests(RunningServer server)
{
    private const string Lines = "Content-Type: application/x-ndjson";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_batch_is_stored_in_order_with_dense_sequence_numbers()
    {
        string queue = await _api.NewQueue();
        Answer sent = await _api.Post(
            queue + "/messages/batch",
            """{"messages":[{"body":"a"},{"bodyBase64":"/wA="},{"body":"c","contentType":"text/csv","delaySeconds":0}]}""");
        Assert.Equal(201, sent.Status);
        Assert.Equal("fsync", sent.Headers["Message-Durability"]);
        Assert.Equal([0, 1, 2], sent.Json["results"]!.AsArray().Select(result => (int)result!["sequenceNumber"]!));
        JsonArray messages = (await _api.Post(queue + "/receive?max=10&wait=10s")).Json["messages"]!.AsArray();
        Assert.Equal(["a", null, "c"], messages.Select(message => (string?)message!["body"]));
        Assert.Equal(["text/plain", "application/octet-stream", "text/csv"],
            messages.Select(message => (string)message!["contentType"]!));
    }

    [Fact]
    public async Task Attributes_keep_their_types_and_digits()
    {
        string queue = await _api.NewQueue();
        const string Attributes =
            """{"s":"x","n":1.50,"big":123456789012345678901234567890,"t":true,"f":false,"b":{"type":"binary","valueBase64":"AAE="}}""";
        await _api.Post(
            queue + "/messages/batch", $$"""{"messages":[{"body":"","attributes":{{Attributes}}}]}""");
        Answer received = await _api.Post(queue + "/receive?wait=10s");
        Assert.Contains("\"attributes\":" + Attributes, received.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Typed_attributes_are_stored_as_what_they_are()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages/batch", """
            {"messages":[{"body":"","attributes":{"a":{"type":"number","value":"12e3"},"b":{"value":"x","type":"string"},
            "c":{"type":"boolean","value":true}}}]}
            """);
        Answer received = await _api.Post(queue + "/receive?wait=10s");
        Assert.Contains("\"attributes\":{\"a\":12e3,\"b\":\"x\",\"c\":true}", received.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_label_of_an_attributes_type_is_kept()
    {
        const string Attributes =
            """{"a":{"type":"number.int","value":"007"},"b":{"type":"binary.gif","valueBase64":"AAE="},"c":{"type":"number","value":"+1"}}""";
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages/batch", $$"""{"messages":[{"body":"","attributes":{{Attributes}}}]}""");
        Answer received = await _api.Post(queue + "/receive?wait=10s");
        Assert.Contains(
            Attributes, received.Text.Replace("\\u002B", "+", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Escapes_in_json_become_the_bytes_they_mean()
    {
        string queue = await _api.NewQueue();
        await _api.Post(
            queue + "/messages/batch", """{"messages":[{"body":"\u0041\n\ud83d\ude00"},{"bodyBase64":"\/wA="}]}""");
        JsonArray messages = (await _api.Post(queue + "/receive?max=2&wait=10s")).Json["messages"]!.AsArray();
        Assert.Equal("A\n😀", (string)messages[0]!["body"]!);
        Assert.Equal("/wA=", (string)messages[1]!["bodyBase64"]!);
    }

    [Theory]
    [InlineData("""{"body":1}""", "/messages/1/body")]
    [InlineData("""{}""", "/messages/1")]
    [InlineData("""{"body":"a","bodyBase64":"AA=="}""", "/messages/1")]
    [InlineData("""{"bodyBase64":"A"}""", "/messages/1/bodyBase64")]
    [InlineData("""{"bodyBase64":"_-8="}""", "/messages/1/bodyBase64")]
    [InlineData("""{"body":"a","groupId":""}""", "/messages/1/groupId")]
    [InlineData("""{"body":"a","body":"b"}""", "/messages/1/body")]
    [InlineData("""{"body":"\ud800"}""", "/messages/1/body")]
    [InlineData("""{"body":"a","delaySeconds":"5"}""", "/messages/1/delaySeconds")]
    [InlineData("""{"body":"a","delaySeconds":31536001}""", "/messages/1/delaySeconds")]
    [InlineData("""{"body":"a","contentType":"x"}""", "/messages/1/contentType")]
    [InlineData("""{"body":"a","attributes":[]}""", "/messages/1/attributes")]
    [InlineData("""{"body":"a","attributes":{"x y":1}}""", "/messages/1/attributes/x y")]
    [InlineData("""{"body":"a","attributes":{"x":null}}""", "/messages/1/attributes/x")]
    [InlineData("""{"body":"a","attributes":{"x":1e400}}""", "/messages/1/attributes/x")]
    [InlineData("""{"body":"a","attributes":{"x":1,"x":2}}""", "/messages/1/attributes/x")]
    [InlineData("""{"body":"a","attributes":{"x":{"type":"number","value":"one"}}}""", "/messages/1/attributes/x")]
    [InlineData("""{"body":"a","attributes":{"x":{"type":"number.","value":"1"}}}""", "/messages/1/attributes/x")]
    [InlineData("""{"body":"a","attributes":{"x":{"type":".int","value":"1"}}}""", "/messages/1/attributes/x")]
    [InlineData("""{"body":"a","attributes":{"x":{"type":"binary","valueBase64":"?"}}}""", "/messages/1/attributes/x")]
    [InlineData("""{"body":"a","attributes":{"x":{"type":"date","value":"1"}}}""", "/messages/1/attributes/x")]
    [InlineData("7", "/messages/1")]
    public async Task One_bad_message_refuses_the_whole_batch_by_its_place(string message, string pointer)
    {
        string queue = await _api.NewQueue();
        (await _api.Post(queue + "/messages/batch", $$"""{"messages":[{"body":"good"},{{message}}]}"""))
            .ShouldBlame(400, "invalid-request", pointer);
        Assert.Empty((await _api.Get(queue + "/messages")).Json["items"]!.AsArray());
    }

    [Fact]
    public async Task A_partial_batch_stores_the_good_and_explains_the_bad()
    {
        string queue = await _api.NewQueue("""{"maxMessageBytes":5}""");
        Answer sent = await _api.Post(
            queue + "/messages/batch?partial=true",
            """{"messages":[{"body":"a"},{"x":1},{"body":"too long"},{"body":"b"}]}""");
        Assert.Equal(207, sent.Status);
        JsonArray results = sent.Json["results"]!.AsArray();
        Assert.Equal([201, 400, 413, 201], results.Select(result => (int)result!["status"]!));
        Assert.Equal("message-too-large", (string)results[2]!["problem"]!["code"]!);
        Assert.Equal(1, (int)results[3]!["sequenceNumber"]!);
        JsonArray messages = (await _api.Post(queue + "/receive?max=10&wait=10s")).Json["messages"]!.AsArray();
        Assert.Equal(["a", "b"], messages.Select(message => (string)message!["body"]!));
        Assert.Equal([results[0]!["id"]!.ToString(), results[3]!["id"]!.ToString()],
            messages.Select(message => message!["id"]!.ToString()));
    }

    [Fact]
    public async Task A_partial_batch_without_a_good_message_stores_nothing()
    {
        string queue = await _api.NewQueue();
        Answer sent = await _api.Post(queue + "/messages/batch?partial=true", """{"messages":[{"x":1}]}""");
        Assert.Equal(207, sent.Status);
        Assert.Equal(400, (int)sent.Json["results"]![0]!["status"]!);
    }

    [Fact]
    public async Task Ndjson_is_one_message_a_line()
    {
        string queue = await _api.NewQueue();
        Answer sent = await _api.Post(
            queue + "/messages/batch", "{\"body\":\"a\"}\n\n  {\"body\":\"b\"}\r\n{\"body\":\"c\"}", Lines);
        Assert.Equal(201, sent.Status);
        Assert.Equal(3, sent.Json["results"]!.AsArray().Count);
    }

    [Fact]
    public async Task Ndjson_of_ten_thousand_lines_passes_and_one_more_is_refused()
    {
        string queue = await _api.NewQueue("""{"durability":"memory"}""");
        StringBuilder lines = new();
        for (int i = 0; i < 10_000; i++)
            lines.Append("{\"body\":\"").Append(i).Append("\",\"attributes\":{\"n\":1}}\n");
        Assert.Equal(201, (await _api.Post(queue + "/messages/batch", lines.ToString(), Lines)).Status);
        (await _api.Post(queue + "/messages/batch", lines.Append("{\"body\":\"x\"}").ToString(), Lines))
            .ShouldBlame(413, "request-too-large");
        Assert.Equal(10_000, (int)(await _api.Get(queue)).Json["stats"]!["available"]!);
    }

    [Fact]
    public async Task A_bad_line_refuses_all_or_in_a_partial_batch_only_itself()
    {
        string queue = await _api.NewQueue();
        const string Body = "{\"body\":\"a\"}\n{\"body\":\n{\"body\":\"b\"} x\n{\"body\":\"c\"}";
        (await _api.Post(queue + "/messages/batch", Body, Lines)).ShouldBlame(400, "malformed-json", "/1");
        Answer partial = await _api.Post(queue + "/messages/batch?partial=true", Body, Lines);
        Assert.Equal(
            [201, 400, 400, 201], partial.Json["results"]!.AsArray().Select(result => (int)result!["status"]!));
    }

    [Fact]
    public async Task A_json_batch_of_more_than_a_thousand_messages_is_refused()
    {
        string queue = await _api.NewQueue();
        string messages = string.Join(',', Enumerable.Repeat("""{"body":"x"}""", 1_001));
        (await _api.Post(queue + "/messages/batch", $$"""{"messages":[{{messages}}]}"""))
            .ShouldBlame(413, "request-too-large");
    }

    [Theory]
    [InlineData("""{"messages":[]}""", "/messages")]
    [InlineData("""{"messages":{}}""", "/messages")]
    [InlineData("{}", "/messages")]
    [InlineData("""{"messages":[{"body":"a"}],"x":1}""", "/x")]
    [InlineData("[]", "")]
    public async Task A_batch_of_the_wrong_shape_is_refused(string body, string pointer) =>
        (await _api.Post(await _api.NewQueue() + "/messages/batch", body)).ShouldBlame(400, "invalid-request", pointer);

    [Fact]
    public async Task Options_of_a_single_message_are_refused_on_a_batch()
    {
        string batch = await _api.NewQueue() + "/messages/batch";
        const string Body = """{"messages":[{"body":"a"}]}""";
        (await _api.Post(batch, Body, "Message-Delay: 5")).ShouldBlame(400, "invalid-request", "Message-Delay");
        (await _api.Post(batch + "?delay=5", Body)).ShouldBlame(400, "invalid-request", "?delay");
        (await _api.Post(batch + "?partial=yes", Body)).ShouldBlame(400, "invalid-request", "?partial");
        (await _api.Post(batch, Body, "Content-Type: text/plain")).ShouldBlame(415, "unsupported-media-type");
        (await _api.Post(batch, Body, "Content-Encoding: br")).ShouldBlame(415, "unsupported-content-encoding");
    }
}
