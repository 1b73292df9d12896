using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Aws.Sns;

/// <summary>Endpoints that were subscribed over SNS, and what `/v1` may do to them.</summary>
[Collection(HookCollection.Name)]
public sealed class SnsEndpointOverV1Tests(HookServer server)
{
    private readonly SnsApi _sns = new(server.Address);
    private readonly Api _api = server.Api;

    [Fact]
    public async Task The_endpoint_of_a_subscription_of_SNS_is_not_changed_over_v1()
    {
        await using Receiver receiver = new();
        (string hook, string hookPath) = await Confirmed(receiver);
        (await _api.Patch(hookPath, $$$"""{"target":{"type":"webhook","url":"{{{receiver.Url("/other")}}}"}}"""))
            .ShouldBlame(409, "immutable-field", "/target/url");
        await Patch(hookPath, """{"target":{"type":"webhook","headers":{"X-Mine":"1"}}}""");
        Assert.Equal(receiver.Url("/ok"), (await Get(hook))["Endpoint"]);
        await _sns.Publish(hook[..hook.LastIndexOf(':')], "hello");
        ReceivedRequest delivered = await receiver.Next();
        Assert.Equal("1", delivered.Headers["X-Mine"]);
        Assert.DoesNotContain("webhook-signature", delivered.Headers.Keys);
    }

    [Fact]
    public async Task What_only_the_delivery_policy_says_is_refused_over_v1_and_may_be_sent_back()
    {
        await using Receiver receiver = new();
        (string _, string path) = await Confirmed(receiver);
        (await _api.Patch(path, """{"retryPolicy":{"kind":"fixed","minSeconds":5}}"""))
            .ShouldBlame(400, "invalid-request", "/retryPolicy");
        (await _api.Patch(path, """{"target":{"type":"webhook","maxAttempts":3,"ratePerSecond":9}}"""))
            .ShouldBlame(400, "invalid-request", "/target/maxAttempts", "/target/ratePerSecond");
        JsonNode known = (await _api.Get(path)).Json;
        JsonObject again = new()
        {
            ["format"] = known["format"]!.DeepClone(), ["retryPolicy"] = known["retryPolicy"]!.DeepClone(),
            ["target"] = new JsonObject
            {
                ["type"] = "webhook", ["url"] = known["target"]!["url"]!.DeepClone(),
                ["maxAttempts"] = known["target"]!["maxAttempts"]!.DeepClone(),
            },
        };
        Assert.Equal(200, (await _api.Put(path, again.ToJsonString())).Status);
    }

    [Fact]
    public async Task Attempts_of_SNS_are_not_counted_by_a_redrive_policy_that_v1_sets()
    {
        await using Receiver receiver = new();
        (string deadUrl, string dead) = await _sns.NewQueue();
        (string arn, string path) = await Confirmed(
            receiver, "/switch", (
                "DeliveryPolicy", """{"healthyRetryPolicy":{"numRetries":2,"numNoDelayRetries":2}}"""));
        string queue = dead.Split(':')[^1];
        string redrive = $$$"""{"redrivePolicy":{"deadLetterQueue":"{{{queue}}}","includeExpired":true}}""";
        await Patch(path, redrive);
        (await _api.Patch(path, redrive.Replace("true", "true,\"maxReceiveCount\":1", StringComparison.Ordinal)))
            .ShouldBlame(400, "invalid-request", "/redrivePolicy/maxReceiveCount");
        await Set(arn, "FilterPolicy", "{}");
        JsonNode policy = (await _api.Get(path)).Json["redrivePolicy"]!;
        Assert.Equal((1_000, true), ((int)policy["maxReceiveCount"]!, (bool)policy["includeExpired"]!));
        receiver.IsBroken = true;
        await _sns.Publish(arn[..arn.LastIndexOf(':')], "hello");
        Assert.Equal("hello", (string?)(await _sns.ReceiveEnvelope(deadUrl))["Message"]);
        Assert.Equal(3, receiver.Requests.Count(static one => one.Headers["x-amz-sns-message-type"] == "Notification"));
    }

    [Fact]
    public async Task A_test_of_v1_sends_an_endpoint_of_SNS_a_signed_notification()
    {
        await using Receiver receiver = new();
        (string arn, string path) = await Confirmed(receiver);
        Answer attempt = await _api.Post(path + "/test", """{"body":"sample"}""", "Content-Type: application/json");
        Assert.True(attempt.Status == 200, attempt.Text);
        ReceivedRequest request = await receiver.Next();
        JsonNode envelope = JsonNode.Parse(request.Text)!;
        Assert.Equal(("Notification", "sample"), ((string?)envelope["Type"], (string?)envelope["Message"]));
        Assert.NotNull(envelope["Signature"]);
        Assert.Equal(arn, request.Headers["x-amz-sns-subscription-arn"]);
        Assert.Equal((string?)envelope["MessageId"], request.Headers["x-amz-sns-message-id"]);
        (await _api.Post(path + "/test", """{"contentType":"text/plain"}""", "Content-Type: application/json"))
            .ShouldBlame(400, "invalid-request", "/contentType");
    }

    [Fact]
    public async Task What_nobody_has_confirmed_is_neither_tested_nor_resumed_over_v1()
    {
        await using Receiver receiver = new();
        string topic = await _sns.NewTopic();
        string path = PathOf(await _sns.Subscribe(topic, "http", receiver.Url("/ok")));
        string confirm = (string)JsonNode.Parse((await receiver.Next()).Text)!["SubscribeURL"]!;
        (await _api.Post(path + "/test")).ShouldBeProblem(409, "subscription-not-confirmed");
        (await _api.Post(path + "/resume")).ShouldBeProblem(409, "subscription-not-confirmed");
        (await _api.Patch(path, """{"paused":false}""")).ShouldBlame(400, "invalid-request", "/paused");
        string put = $$$"""{"format":"raw","target":{"type":"webhook","url":"{{{receiver.Url("/ok")}}}"}}""";
        Assert.Equal(200, (await _api.Put(path, put)).Status);
        Assert.True((bool)(await _api.Get(path)).Json["paused"]!);
        await SnsApi.Get(confirm);
        Assert.Equal(200, (await _api.Post(path + "/test")).Status);
        await _sns.Publish(topic, "hello");
        while ((await receiver.Next()).Text != "hello")
        {
            // The sample, and what asked once more after the change.
        }
    }

    private static string PathOf(string arn) => $"/v1/topics/{arn.Split(':')[^2]}/subscriptions/{arn.Split(':')[^1]}";

    private async Task<(string Arn, string Path)> Confirmed(
        Receiver receiver, string path = "/ok", params (string Name, string Value)[] attributes)
    {
        string arn = await _sns.Subscribe(await _sns.NewTopic(), "http", receiver.Url(path), attributes);
        JsonNode question = JsonNode.Parse((await receiver.Next()).Text)!;
        Assert.Equal(200, (await SnsApi.Get((string)question["SubscribeURL"]!)).Status);
        return (arn, PathOf(arn));
    }

    private async Task<Dictionary<string, string>> Get(string arn) =>
        (await _sns.Do("GetSubscriptionAttributes", ("SubscriptionArn", arn))).Entries();

    private Task<SnsAnswer> Set(string arn, string name, string value) => _sns.Do(
        "SetSubscriptionAttributes", ("SubscriptionArn", arn), ("AttributeName", name), ("AttributeValue", value));

    private async Task Patch(string path, string json)
    {
        Answer answer = await _api.Patch(path, json, "Content-Type: application/merge-patch+json");
        Assert.True(answer.Status == 200, answer.Text);
    }
}
