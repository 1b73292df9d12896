using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Deliveries;

[Collection(DeliveryCollection.Name)]
public sealed class TestSubscriptionTests(DeliveryServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_test_sends_a_sample_and_answers_the_whole_attempt()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Ok("fine", "X-Answer: 1"));
        string path = await _api.NewTopic() + "/subscriptions/a";
        Answer created = await _api.Put(path, Ask.Webhook(
            receiver.Url, ""","authorization":{"type":"bearer","token":"hush"} """, ""","paused":true"""));
        Answer tested = await _api.Post(path + "/test");
        ReceivedRequest request = await receiver.Next();
        Assert.Equal((200, """{"test":true}"""), (tested.Status, request.Text));
        Assert.True(request.IsSignedBy((string)created.Json["target"]!["secret"]!));
        JsonNode attempt = tested.Json;
        Assert.Equal(
            ("POST", receiver.Url, "succeeded", 200, "fine", """{"test":true}"""),
            ((string)attempt["method"]!, (string)attempt["url"]!, (string)attempt["outcome"]!, (int)attempt["status"]!,
                (string)attempt["responseBody"]!, (string)attempt["requestBody"]!));
        Assert.StartsWith("127.0.0.2:", (string)attempt["connectedTo"]!, StringComparison.Ordinal);
        Assert.True((double)attempt["totalMilliseconds"]! > 0);
        Assert.Contains(
            attempt["responseHeaders"]!.AsArray(), static header => (string)header!["name"]! == "X-Answer");
        Assert.Contains(attempt["requestHeaders"]!.AsArray(), static header =>
            ((string)header!["name"]!, (string)header["value"]!) == ("Authorization", "***"));
        Assert.DoesNotContain("hush", tested.Text, StringComparison.Ordinal);
        Assert.Empty((await _api.Get(Ask.List(path))).Json["items"]!.AsArray());
    }

    [Fact]
    public async Task A_test_sends_the_body_that_it_is_given_in_the_format_of_the_subscription()
    {
        await using ScriptedReceiver receiver = new();
        string path = await _api.Subscribe(
            await _api.NewTopic(), "a", Ask.Webhook(receiver.Url, "", ""","format":"envelope","paused":true"""));
        await _api.Post(path + "/test", """{"body":"häl\"lo","contentType":"text/plain"}""");
        JsonNode envelope = JsonNode.Parse((await receiver.Next()).Text)!;
        Assert.Equal(
            ("häl\"lo", "text/plain"), ((string)envelope["body"]!, (string)envelope["contentType"]!));
    }

    [Fact]
    public async Task A_test_of_an_endpoint_that_fails_is_answered_with_the_failure()
    {
        await using ScriptedReceiver receiver = new(
            static _ => ScriptedReceiver.Status(503, new string('€', 2_000), "Retry-After: 7"));
        string path = await _api.Subscribe(await _api.NewTopic(), "a", Ask.Webhook(receiver.Url));
        JsonNode attempt = (await _api.Post(path + "/test")).Json;
        Assert.Equal(
            ("status", 503, true, "The endpoint answered 503."),
            ((string)attempt["outcome"]!, (int)attempt["status"]!, (bool)attempt["isResponseCut"]!,
                (string)attempt["detail"]!));
        // 4 KiB, without the character that was cut.
        Assert.Equal(new string('€', 1_365), (string)attempt["responseBody"]!);
    }

    [Fact]
    public async Task A_test_of_an_address_where_nobody_listens_says_so()
    {
        string url;
        await using (ScriptedReceiver closed = new()) url = closed.Url;
        string path = await _api.Subscribe(await _api.NewTopic(), "a", Ask.Webhook(url));
        JsonNode attempt = (await _api.Post(path + "/test")).Json;
        Assert.Equal("connectFailed", (string)attempt["outcome"]!);
        Assert.Null(attempt["status"]);
    }

    [Fact]
    public async Task A_test_of_a_name_that_nobody_has_says_so()
    {
        string path = await _api.Subscribe(
            await _api.NewTopic(), "a", Ask.Webhook("http://no-such-host.example.invalid/"));
        Assert.Equal("dnsFailed", (string)(await _api.Post(path + "/test")).Json["outcome"]!);
    }

    [Theory]
    [InlineData("""{"body":7}""", "/body")]
    [InlineData("""{"contentType":"nonsense"}""", "/contentType")]
    [InlineData("""{"contentType":"text/plain\r\nX: y"}""", "/contentType")]
    [InlineData("""{"headers":{}}""", "/headers")]
    public async Task What_is_not_valid_is_refused_by_name(string json, string blamed)
    {
        string path = await _api.Subscribe(
            await _api.NewTopic(), "a", Ask.Webhook("http://hook.example.invalid/"));
        (await _api.Post(path + "/test", json)).ShouldBlame(400, "invalid-request", blamed);
        (await _api.Post(path + "x/test")).ShouldBlame(404, "subscription-not-found");
    }
}
