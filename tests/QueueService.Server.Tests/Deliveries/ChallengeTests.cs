using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Deliveries;

[Collection(DeliveryCollection.Name)]
public sealed class ChallengeTests(DeliveryServer server)
{
    private const string Echo = ""","challenge":"echo" """;
    private const string CloudEvents = ""","challenge":"cloudEvents" """;

    private readonly Api _api = server.Api;

    [Theory]
    [InlineData("{0}")]
    [InlineData(" {0}\n")]
    [InlineData("{{\"challenge\":\"{0}\"}}")]
    public async Task An_endpoint_that_echoes_the_challenge_gets_deliveries(string answer)
    {
        await using ScriptedReceiver receiver = new(request => ScriptedReceiver.Ok(
            string.Format(null, answer, Challenge(request))));
        string path = await _api.NewTopic() + "/subscriptions/a";
        Answer created = await _api.Put(path, Ask.Webhook(
            receiver.Url, Echo + ""","authorization":{"type":"bearer","token":"t"},"headers":{"X-A":"b"}"""));
        Assert.Equal((201, "echo"), (created.Status, (string)created.Json["target"]!["challenge"]!));
        ReceivedRequest asked = await receiver.Next();
        Assert.Equal(
            ("POST", "Bearer t", "b"), (asked.Method, asked.Headers["Authorization"], asked.Headers["X-A"]));
        Assert.True(asked.IsSignedBy((string)created.Json["target"]!["secret"]!));
    }

    [Theory]
    [InlineData("other", 200)]
    [InlineData("", 204)]
    [InlineData("{\"challenge\":7}", 200)]
    [InlineData("no", 500)]
    public async Task An_endpoint_that_does_not_is_refused_and_nothing_is_created(string body, int status)
    {
        await using ScriptedReceiver receiver = new(_ => ScriptedReceiver.Status(status, body));
        string path = await _api.NewTopic() + "/subscriptions/a";
        (await _api.Put(path, Ask.Webhook(receiver.Url, Echo)))
            .ShouldBlame(422, "ownership-not-confirmed", "/target/url");
        (await _api.Get(path)).ShouldBlame(404, "subscription-not-found");
    }

    [Theory]
    [InlineData("*", null)]
    [InlineData(DeliveryServer.Origin, null)]
    [InlineData("Queue.Example.COM", "*")]
    [InlineData("*", "120")]
    public async Task An_endpoint_that_allows_the_origin_gets_deliveries(string origin, string? rate)
    {
        await using ScriptedReceiver receiver = new(_ => ScriptedReceiver.Ok("", Allowing(origin, rate)));
        string path = await _api.NewTopic() + "/subscriptions/a";
        Assert.Equal(
            201, (await _api.Put(path, Ask.Webhook(receiver.Url, CloudEvents + ""","ratePerSecond":2"""))).Status);
        ReceivedRequest asked = await receiver.Next();
        Assert.Equal(
            ("OPTIONS", DeliveryServer.Origin, "120"),
            (asked.Method, asked.Headers["WebHook-Request-Origin"], asked.Headers["WebHook-Request-Rate"]));
    }

    [Theory]
    [InlineData("other.example.com", null)]
    [InlineData(null, null)]
    [InlineData("*", "119")]
    [InlineData("*", "many")]
    public async Task An_endpoint_that_allows_less_is_refused(string? origin, string? rate)
    {
        await using ScriptedReceiver receiver = new(_ => ScriptedReceiver.Ok("", Allowing(origin, rate)));
        string path = await _api.NewTopic() + "/subscriptions/a";
        (await _api.Put(path, Ask.Webhook(receiver.Url, CloudEvents + ""","ratePerSecond":2""")))
            .ShouldBlame(422, "ownership-not-confirmed", "/target/url");
        (await _api.Get(path)).ShouldBlame(404, "subscription-not-found");
    }

    [Fact]
    public async Task Who_has_confirmed_is_asked_again_only_for_another_address()
    {
        await using ScriptedReceiver receiver = new(request => ScriptedReceiver.Ok(Challenge(request)));
        string path = await _api.Subscribe(await _api.NewTopic(), "a", Ask.Webhook(receiver.Url, Echo));
        await receiver.Next();
        Assert.Equal(200, (await _api.Put(path, Ask.Webhook(receiver.Url, Echo))).Status);
        Assert.Equal(200, (await _api.Patch(path, """{"target":{"type":"webhook","maxConcurrency":2}}""")).Status);
        Assert.Equal(0, receiver.Waiting);
        Assert.Equal(200, (await _api.Put(path, Ask.Webhook(receiver.Url + "/2", Echo))).Status);
        Assert.Equal("/hook/2", (await receiver.Next()).Path);
        receiver.Script = static _ => ScriptedReceiver.Ok("no");
        (await _api.Patch(path, Ask.Webhook(receiver.Url + "/3")))
            .ShouldBlame(422, "ownership-not-confirmed", "/target/url");
        Assert.Equal(receiver.Url + "/2", (string)(await _api.Get(path)).Json["target"]!["url"]!);
    }

    private static string Challenge(ReceivedRequest request) =>
        (string)JsonNode.Parse(request.Text)!["challenge"]!;

    private static string[] Allowing(string? origin, string? rate) =>
    [
        .. origin is null ? Array.Empty<string>() : ["WebHook-Allowed-Origin: " + origin],
        .. rate is null ? Array.Empty<string>() : ["WebHook-Allowed-Rate: " + rate],
    ];
}
