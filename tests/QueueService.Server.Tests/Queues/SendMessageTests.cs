using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class SendMessageTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task The_body_is_the_message()
    {
        string queue = await _api.NewQueue();
        Answer sent = await _api.Post(queue + "/messages", "hello", "Content-Type: application/x-www-form-urlencoded");
        Assert.Equal(201, sent.Status);
        Assert.Equal("5d41402abc4b2a76b9719d911017c592", (string)sent.Json["md5OfBody"]!);
        Assert.Equal("fsync", sent.Headers["Message-Durability"]);
        Assert.Equal($"{queue}/messages/{sent.Json["id"]}", sent.Headers["Location"]);

        JsonNode message = await _api.ReceiveOne(queue);
        Assert.Equal("hello", (string)message["body"]!);
        Assert.Equal("text/plain", (string)message["contentType"]!);
        Assert.Equal((string)sent.Json["id"]!, (string)message["id"]!);
        Assert.Equal((string)sent.Json["sentAt"]!, (string)message["sentAt"]!);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_come_back_as_base64()
    {
        string queue = await _api.NewQueue();
        await _api.SendBytes("POST", queue + "/messages", [0xFF, 0x00, 0xC0]);
        JsonNode message = await _api.ReceiveOne(queue);
        Assert.Equal("/wDA", (string)message["bodyBase64"]!);
        Assert.Null(message["body"]);
        Assert.Equal("application/octet-stream", (string)message["contentType"]!);
    }

    [Theory]
    [InlineData("\"quotes\" \\ back\\slash /")]
    [InlineData("line\nbreak\r\ttab \u0000\u0001\u001f")]
    [InlineData("žluťoučký 馬 😀 \u2028")]
    [InlineData("")]
    public async Task Any_text_survives(string text)
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", text);
        Assert.Equal(text, (string)(await _api.ReceiveOne(queue))["body"]!);
    }

    [Fact]
    public async Task Headers_and_the_query_carry_the_options()
    {
        string queue = await _api.NewQueue();
        const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        await _api.Post(
            queue +
                "/messages?correlationId=c%201", "{}", "Content-Type: application/json", "Message-Reply-To: replies",
            "Message-Attribute-Tenant: Acmé", "message-attribute-n.1: 5", $"traceparent: {Trace}", "tracestate: v=1");
        JsonNode message = await _api.ReceiveOne(queue);
        Assert.Equal("application/json", (string)message["contentType"]!);
        Assert.Equal("c 1", (string)message["correlationId"]!);
        Assert.Equal("replies", (string)message["replyTo"]!);
        Assert.Equal("""{"tenant":"Acmé","n.1":"5"}""", message["attributes"]!.ToJsonString(Relaxed));
        Assert.Equal(Trace, (string)message["traceparent"]!);
        Assert.Equal("v=1", (string)message["tracestate"]!);
    }

    [Fact]
    public async Task A_routing_key_comes_back_as_it_was_sent()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "1", "Message-Routing-Key: order.eu.created");
        await _api.Post(queue + "/messages?routingKey=order.%C3%A9", "2");
        await _api.Post(queue + "/messages/batch", """{"messages":[{"body":"3","routingKey":"a..b"},{"body":"4"}]}""",
            "Content-Type: application/json");
        List<string?> keys = [];
        for (int i = 0; i < 4; i++) keys.Add((string?)(await _api.ReceiveOne(queue))["routingKey"]);
        List<string?> sent = ["order.eu.created", "order.é", "a..b", null];
        Assert.Equal(sent, keys);

        await _api.Post(queue + "/messages", "5", "Message-Routing-Key: k.5");
        Answer raw = await _api.Post(queue + "/receive?format=raw", "");
        Assert.Equal("k.5", raw.Headers["Message-Routing-Key"]);
        (await _api.Post(queue + "/messages", "x", "Message-Routing-Key: " + new string('k', 256)))
            .ShouldBlame(400, "invalid-request", "Message-Routing-Key");
    }

    [Theory]
    [InlineData("?delay=1h")]
    [InlineData("?delay=3600")]
    [InlineData("?delay=3600000ms")]
    [InlineData("", "Message-Delay: 60m")]
    public async Task A_delayed_message_is_not_available_yet(string query, params string[] headers)
    {
        string queue = await _api.NewQueue();
        Answer sent = await _api.Post(queue + "/messages" + query, "later", headers);
        JsonNode message = (await _api.Get(sent.Headers["Location"])).Json;
        Assert.Equal("delayed", (string)message["state"]!);
        TimeSpan delay = DateTimeOffset.Parse((string)message["visibleAt"]!) -
            DateTimeOffset.Parse((string)message["sentAt"]!);
        Assert.Equal(TimeSpan.FromHours(1), delay);
        Assert.Empty((await _api.Post(queue + "/receive")).Json["messages"]!.AsArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_with_a_time_of_delivery_is_hidden_until_then(bool batch)
    {
        string queue = await _api.NewQueue("""{"retentionSeconds":100000000}""");
        string at = DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        Answer sent = batch
            ? await _api.Post($"{queue}/messages/batch", $$"""{"messages":[{"body":"later","deliverAt":"{{at}}"}]}""")
            : await _api.Post($"{queue}/messages", "later", $"Message-Deliver-At: {at}");
        Assert.Equal(201, sent.Status);
        JsonNode message = Assert.Single((await _api.Get($"{queue}/messages?state=delayed")).Json["items"]!.AsArray())!;
        Assert.Equal(at, (string)message["visibleAt"]!);
    }

    [Fact]
    public async Task A_time_of_delivery_in_the_past_is_now_and_one_in_two_years_is_refused()
    {
        string queue = await _api.NewQueue("""{"retentionSeconds":100000000}""");
        Assert.Equal(201, (await _api.Post($"{queue}/messages?deliverAt=2001-01-01T00:00:00Z", "now")).Status);
        Assert.Equal("now", (string)(await _api.ReceiveOne(queue))["body"]!);
        string far = DateTimeOffset.UtcNow.AddYears(2).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        (await _api.Post($"{queue}/messages?deliverAt={far}", "far")).ShouldBlame(400, "deliver-at-too-far");
        (
            await _api.Post(
                $"{queue}/messages/batch",
                """{"messages":[{"body":"a","delaySeconds":1,"deliverAt":"2030-01-01T00:00:00Z"}]}"""))
            .ShouldBlame(400, "invalid-request", "/messages/0/deliverAt");
    }

    [Theory]
    [InlineData("?deliverAt=tomorrow", "?deliverAt")]
    [InlineData("?delay=1&deliverAt=2030-01-01T00:00:00Z", "Message-Deliver-At")]
    [InlineData("?delay=1d", "?delay")]
    [InlineData("?delay=-1", "?delay")]
    [InlineData("?delay=", "?delay")]
    [InlineData("?delay=1.5s", "?delay")]
    [InlineData("?delay=99999999h", "?delay")]
    [InlineData("?delay=9999999999999999999s", "?delay")]
    [InlineData("?dellay=1", "?dellay")]
    [InlineData("?delay=1&delay=2", "?delay")]
    [InlineData("?correlationId=", "?correlationId")]
    [InlineData("", "Message-Delay", "x")]
    [InlineData("?delay=1", "Message-Delay", "1")]
    [InlineData("", "Message-Group-Id", "a b")]
    [InlineData("", "Message-Priority", "10")]
    [InlineData("", "Message-Ttl", "0")]
    [InlineData("", "Message-Attribute-a$b", "1")]
    [InlineData("", "Content-Type", "nonsense")]
    public async Task A_wrong_option_is_refused_by_name(string query, string name, string? value = null)
    {
        string queue = await _api.NewQueue();
        string[] headers = value is null ? [] : [$"{name}: {value}"];
        (await _api.Post(queue + "/messages" + query, "x", headers)).ShouldBlame(400, "invalid-request", name);
        Assert.Empty((await _api.Get(queue + "/messages")).Json["items"]!.AsArray());
    }

    [Fact]
    public async Task More_than_64_attributes_are_refused()
    {
        string queue = await _api.NewQueue();
        string[] headers = [.. Enumerable.Range(0, 65).Select(i => $"Message-Attribute-a{i}: x")];
        (await _api.Post(queue + "/messages", "x", headers)).ShouldBlame(400, "invalid-request");
        Assert.Equal(201, (await _api.Post(queue + "/messages", "x", headers[..64])).Status);
    }

    [Fact]
    public async Task A_correlation_id_of_more_than_a_kilobyte_is_refused()
    {
        string queue = await _api.NewQueue();
        (await _api.Post(queue + "/messages", "x", "Message-Correlation-Id: " + new string('c', 1_025)))
            .ShouldBlame(400, "invalid-request", "Message-Correlation-Id");
    }

    [Fact]
    public async Task A_message_larger_than_the_queue_allows_is_refused()
    {
        string queue = await _api.NewQueue("""{"maxMessageBytes":10}""");
        Assert.Equal(201, (await _api.Post(queue + "/messages", "0123456789")).Status);
        (await _api.Post(queue + "/messages", "0123456789x")).ShouldBlame(413, "message-too-large");
    }

    [Fact]
    public async Task Sixteen_mebibytes_pass_and_one_byte_more_is_refused()
    {
        string queue = await _api.NewQueue("""{"maxMessageBytes":16777216,"durability":"memory"}""");
        byte[] body = new byte[16 << 20];
        Assert.Equal(201, (await _api.SendBytes("POST", queue + "/messages", body)).Status);
        (await _api.SendBytes("POST", queue + "/messages", new byte[body.Length + 1]))
            .ShouldBlame(413, "request-too-large");
        Answer received = await _api.Post(queue + "/receive?format=raw");
        Assert.Equal(body.Length, received.Bytes.Length);
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        string queue = await _api.NewQueue();
        (await _api.Post(queue + "/messages", "x", "Content-Encoding: gzip"))
            .ShouldBlame(415, "unsupported-content-encoding");
    }

    [Fact]
    public async Task A_delay_beyond_the_retention_is_refused()
    {
        string queue = await _api.NewQueue("""{"retentionSeconds":60}""");
        (await _api.Post(queue + "/messages?delay=2m", "x")).ShouldBlame(400, "delay-exceeds-retention");
    }

    [Theory]
    [InlineData("os")]
    [InlineData("memory")]
    public async Task A_write_says_how_durable_it_is(string durability)
    {
        string queue = await _api.NewQueue($$"""{"durability":"{{durability}}"}""");
        Answer sent = await _api.Post(queue + "/messages", "x");
        Answer received = await _api.Post(queue + "/receive?wait=10s");
        string receipt = $"{queue}/receipts/{received.Json["messages"]![0]!["receiptHandle"]}";
        Answer extended = await _api.Patch(receipt, """{"visibilityTimeoutSeconds":60}""");
        Answer acknowledged = await _api.Delete(receipt);
        Answer purged = await _api.Post(queue + "/purge");
        Assert.All(
            new[] { sent, received, extended, acknowledged },
            answer => Assert.Equal(durability, answer.Headers["Message-Durability"]));
        // It is an operation as well, and those are always on disk.
        Assert.Equal("fsync", purged.Headers["Message-Durability"]);
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
