using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Tests.Webhooks;

[Collection(HookCollection.Name)]
public sealed class WebhookDeliveryTests(HookServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_published_message_is_posted_once_with_a_signature_of_every_valid_key()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(server, _api);
        (WebhookSecret newest, WebhookSecret former, WebhookSecret expired) =
            (WebhookSecret.Generate(), WebhookSecret.Generate(), WebhookSecret.Generate());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/ok"), target => target with
        {
            Keys =
            [
                topic.Seal(newest, "a"), topic.Seal(former, "a", now.AddHours(1)),
                topic.Seal(expired, "a", now.AddHours(-1)),
            ],
        });
        Answer published = await _api.Post(
            topic.Path + "/messages", "hello", "Content-Type: text/plain", "Message-Attribute-tenant: acme");
        ReceivedRequest request = await receiver.Next();
        Assert.Equal(("POST", "hello"), (request.Method, request.Text));
        Assert.Equal((string)published.Json["id"]!, request.Headers["webhook-id"]);
        Assert.Equal(
            $"{Sign(newest, request)} {Sign(former, request)}", request.Headers["webhook-signature"]);
        await topic.Until(hook, static stats => stats.Available + stats.Leased + stats.Delayed == 0);
        Assert.Single(receiver.Requests);
        (KeptAttempt kept, AttemptDetails details) = Assert.Single(await topic.Attempts(hook));
        Assert.Equal((1, DeliveryResult.Delivered), (kept.Number, kept.Result));
        Assert.Equal(
            (AttemptOutcome.Succeeded, 200, "ok"), (
                details.Outcome, details.Status, Encoding.UTF8.GetString(details.ResponseBody)));
        Assert.Null(details.NextAttemptAt);
    }

    [Fact]
    public async Task Headers_and_credentials_of_the_target_are_sent_and_only_the_headers_are_shown()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(server, _api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/ok"), target => target with
        {
            Headers = [new("X-Team", "billing")],
            Authorization = topic.SealText("Bearer hush", "a"),
            AuthorizationKind = "bearer",
        });
        await topic.Publish("hello");
        ReceivedRequest request = await receiver.Next();
        Assert.Equal(("billing", "Bearer hush"), (request.Headers["X-Team"], request.Headers["Authorization"]));
        (_, AttemptDetails details) = Assert.Single(await topic.Attempts(hook, 1));
        Assert.Contains(new CustomHeader("X-Team", "billing"), details.RequestHeaders);
        Assert.Contains(new CustomHeader("Authorization", "***"), details.RequestHeaders);
    }

    [Theory]
    [InlineData(DeliveryFormat.Raw, "text/plain")]
    [InlineData(DeliveryFormat.Envelope, "application/json")]
    [InlineData(DeliveryFormat.CloudEventsBinary, "text/plain")]
    [InlineData(DeliveryFormat.CloudEventsStructured, "application/cloudevents+json; charset=utf-8")]
    public async Task A_delivery_has_the_format_of_its_subscription(DeliveryFormat format, string contentType)
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(server, _api);
        await topic.Subscribe("a", receiver.Url("/ok"), config: config => config with
        {
            Subscription = config.Subscription! with { Format = format },
        });
        await _api.Post(topic.Path + "/messages", "hello", "Content-Type: text/plain");
        ReceivedRequest request = await receiver.Next();
        Assert.StartsWith(contentType, request.Headers["Content-Type"], StringComparison.Ordinal);
        string body = format switch
        {
            DeliveryFormat.Envelope => (string)JsonNode.Parse(request.Text)!["body"]!,
            DeliveryFormat.CloudEventsStructured => (string)JsonNode.Parse(request.Text)!["data"]!,
            _ => request.Text,
        };
        Assert.Equal("hello", body);
        Assert.Equal(format == DeliveryFormat.CloudEventsBinary, request.Headers.ContainsKey("ce-id"));
    }

    [Fact]
    public async Task A_receiver_that_answers_410_disables_the_subscription_until_it_is_resumed()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(server, _api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/status/410"));
        await topic.Publish("1");
        await topic.Until(hook, static stats => stats.DisabledReason is not null);
        await topic.Publish("2");
        QueueStats stats = await topic.Stats(hook);
        Assert.Equal(("gone", 2), (stats.DisabledReason, stats.Available + stats.Delayed));
        Assert.Single(receiver.Requests);
        await topic.Subscribe("a", receiver.Url("/ok"));
        Assert.Equal(204, (await _api.Post($"{topic.Path}/subscriptions/a/resume")).Status);
        await topic.Until(hook, static stats => stats.Available + stats.Leased + stats.Delayed == 0);
        Assert.Equal(3, receiver.Requests.Count);
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_is_not_followed()
    {
        await using Receiver receiver = new();
        await using Receiver elsewhere = new();
        HookTopic topic = await HookTopic.Create(server, _api);
        SubscriptionName hook =
            await topic.Subscribe("a", receiver.Url("/redirect?to=" + Uri.EscapeDataString(elsewhere.Url("/"))));
        await topic.Publish("1");
        (KeptAttempt kept, AttemptDetails details) = Assert.Single(await topic.Attempts(hook, 1));
        Assert.Equal(
            (DeliveryResult.Retry, AttemptOutcome.Redirect, 302), (kept.Result, details.Outcome, details.Status));
        Assert.Equal(0, elsewhere.Connections);
    }

    [Fact]
    public async Task The_server_itself_is_not_an_endpoint_although_its_network_is_allowed()
    {
        HookTopic topic = await HookTopic.Create(server, _api);
        string own = $"http://127.0.0.1:{server.Address.Port}/v1/queues/q";
        SubscriptionName hook = await topic.Subscribe("a", own);
        await topic.Publish("1");
        (_, AttemptDetails details) = Assert.Single(await topic.Attempts(hook, 1));
        Assert.Equal(AttemptOutcome.AddressDenied, details.Outcome);
        Assert.NotNull(await topic.Webhooks.Endpoints.Check(own, CancellationToken.None));
    }

    [Fact]
    public async Task Endpoints_that_hang_hold_up_neither_each_other_nor_those_that_answer()
    {
        await using Receiver silent = new();
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(server, _api);
        SubscriptionName hung = await topic.Subscribe("hung", silent.Url("/hang"));
        SubscriptionName well = await topic.Subscribe("well", receiver.Url("/ok"));
        await topic.Publish([.. Enumerable.Range(0, 20).Select(static n => n.ToString())]);
        for (int i = 0; i < 20; i++) await receiver.Next();
        await topic.Until(well, static stats => stats.Leased == 0);
        QueueStats stats = await topic.Stats(hung);
        Assert.Equal((8, 12), (stats.Leased, stats.Available));
        Assert.Equal(8, topic.Webhooks.Stats(await topic.Describe(hung)).InFlight);
        Assert.Empty(await topic.Attempts(hung));
        Assert.Equal(204, (await _api.Delete(topic.Path)).Status);
    }

    [Fact]
    public async Task A_changed_target_takes_effect_and_a_deleted_subscription_ends()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(server, _api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/first"));
        await topic.Publish("1");
        Assert.Equal("/first", (await receiver.Next()).Path);
        await topic.Subscribe("a", receiver.Url("/second"));
        await topic.Publish("2");
        Assert.Equal("/second", (await receiver.Next()).Path);
        await topic.Until(hook, static stats => stats.Leased == 0);
        Assert.Equal(204, (await _api.Delete($"{topic.Path}/subscriptions/a")).Status);
        await topic.Publish("3");
        await topic.Subscribe("a", receiver.Url("/third"));
        await topic.Publish("4");
        ReceivedRequest last = await receiver.Next();
        Assert.Equal(("/third", "4"), (last.Path, last.Text));
    }

    [Fact]
    public async Task A_test_sends_a_sample_now_and_answers_all_about_the_attempt()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(server, _api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/status/503"));
        AttemptDetails details = await topic.Webhooks.Test(
            await topic.Describe(hook), new WebhookSample(
                "application/json", Encoding.UTF8.GetBytes("sample"), Form: null),
            CancellationToken.None);
        Assert.Equal((AttemptOutcome.Status, 503), (details.Outcome, details.Status));
        Assert.Equal("sample", (await receiver.Next()).Text);
        Assert.Empty(await topic.Attempts(hook));
        Assert.Equal(0, topic.Webhooks.Stats(await topic.Describe(hook)).Attempts);
    }

    [Fact]
    public async Task Statistics_count_attempts_and_know_how_long_they_took()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(server, _api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/ok"));
        WebhookStats before = topic.Webhooks.Stats(await topic.Describe(hook));
        Assert.Null(before.SuccessRate);
        Assert.Null(before.Latency);
        await topic.Publish("1", "2", "3");
        await topic.Attempts(hook, 3);
        WebhookStats stats = topic.Webhooks.Stats(await topic.Describe(hook));
        Assert.Equal((3, 3, 0, 1.0), (stats.Attempts, stats.Successes, stats.Failures, stats.SuccessRate));
        Assert.InRange(stats.Latency!.P50, 0.001, stats.Latency.P99);
        Assert.Equal(CircuitState.Closed, stats.Circuit.State);
    }

    private static string Sign(WebhookSecret secret, ReceivedRequest request)
    {
        string signed = $"{request.Headers["webhook-id"]}.{request.Headers["webhook-timestamp"]}.{request.Text}";
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret.Key, Encoding.UTF8.GetBytes(signed)));
    }
}
