using System.Text.Json.Nodes;
using QueueService.Broker.Topics;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;
using QueueService.Server.Webhooks;
using QueueService.Testing;

namespace QueueService.Server.Tests.Aws.Sns;

/// <summary>What SNS does by the clock, which stands still until it is moved.</summary>
public sealed class SnsTimeTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Start);
    private readonly LiveServer _server;
    private readonly SnsApi _sns;

    public SnsTimeTests()
    {
        _server = new LiveServer(_time, "Webhooks:AllowedNetworks:0=" + HookServer.Network);
        _sns = new SnsApi(_server.Http1);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task An_endpoint_is_tried_again_in_the_phases_of_its_policy_and_not_disabled()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        string arn = SnsApi.TopicPrefix + topic.Name.Value;
        string subscription = await _sns.Subscribe(
            arn, "http", receiver.Url("/status/500"),
            ("DeliveryPolicy",
                """
                {"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":25,"numRetries":3,
                "numMinDelayRetries":1}}
                """));
        await SnsApi.Get((string)JsonNode.Parse((await receiver.Next()).Text)!["SubscribeURL"]!);
        Assert.True(SubscriptionName.TryParse(topic.Name, subscription.Split(':')[^1], out SubscriptionName hook));
        await topic.Publish("1");
        double?[] delays = [5, 5, 25, null];
        for (int failed = 1; failed <= delays.Length; failed++)
        {
            (KeptAttempt kept, AttemptDetails details) = (await topic.Attempts(hook, failed))[^1];
            Assert.Equal(failed, kept.Number);
            DateTimeOffset now = _time.GetUtcNow();
            Assert.Equal(
                delays[failed - 1] is { } delay ? now.AddSeconds(delay).ToUnixTimeMilliseconds() : null,
                details.NextAttemptAt);
            _time.Advance(TimeSpan.FromSeconds(delays[failed - 1] ?? 0) + TimeSpan.FromMilliseconds(1));
        }

        await topic.Until(hook, static stats => stats is { AbandonedTotal: 1, DisabledReason: null });
    }

    [Fact]
    public async Task An_endpoint_is_asked_for_its_confirmation_at_most_once_a_minute()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        string arn = SnsApi.TopicPrefix + topic.Name.Value;
        string subscription = await _sns.Subscribe(arn, "http", receiver.Url("/ok"));
        string token = (string)JsonNode.Parse((await receiver.Next()).Text)!["Token"]!;
        Assert.Equal(subscription, await _sns.Subscribe(arn, "http", receiver.Url("/ok")));
        (await _sns.Call(
            "Subscribe", ("TopicArn", arn), ("Protocol", "http"), ("Endpoint", receiver.Url("/ok")),
            ("Attributes.entry.1.key", "RawMessageDelivery"), ("Attributes.entry.1.value", "true")))
            .ShouldFail(429, "Throttled", "The endpoint was asked with other attributes less than a minute ago.");
        _time.Advance(TimeSpan.FromMinutes(1));
        await _sns.Subscribe(arn, "http", receiver.Url("/ok"));
        Assert.NotEqual(token, (string)JsonNode.Parse((await receiver.Next()).Text)!["Token"]!);
    }

    [Fact]
    public async Task A_subscription_that_nobody_confirms_is_gone_after_two_days()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        string arn = SnsApi.TopicPrefix + topic.Name.Value;
        string subscription = await _sns.Subscribe(arn, "http", receiver.Url("/ok"));
        string token = (string)JsonNode.Parse((await receiver.Next()).Text)!["Token"]!;
        _time.Advance(TimeSpan.FromHours(47));
        Assert.Single((await _sns.Do("ListSubscriptionsByTopic", ("TopicArn", arn))).All("SubscriptionArn"));
        _time.Advance(TimeSpan.FromHours(1));
        (await _sns.Call("ConfirmSubscription", ("TopicArn", arn), ("Token", token)))
            .ShouldFail(400, "InvalidParameter", "Token");
        Assert.Empty((await _sns.Do("ListSubscriptionsByTopic", ("TopicArn", arn))).All("SubscriptionArn"));
        (await _sns.Call("GetSubscriptionAttributes", ("SubscriptionArn", subscription))).ShouldFail(404, "NotFound");
    }
}
