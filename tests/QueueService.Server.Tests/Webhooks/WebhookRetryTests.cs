using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Webhooks;
using QueueService.Testing;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>When deliveries are tried again, by a clock that stands still until it is moved.</summary>
public sealed class WebhookRetryTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Start);
    private readonly LiveServer _server;

    public WebhookRetryTests() => _server = new LiveServer(_time, "Webhooks:AllowedNetworks:0=" + HookServer.Network);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_failed_delivery_is_tried_again_after_5_s_30_s_and_5_minutes_within_a_fifth()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/status/500"));
        await topic.Publish("1");
        double[] delays = [5, 30, 300];
        for (int failed = 1; failed <= delays.Length; failed++)
        {
            (KeptAttempt kept, AttemptDetails details) = (await topic.Attempts(hook, failed))[^1];
            Assert.Equal((failed, DeliveryResult.Retry), (kept.Number, kept.Result));
            double delay = delays[failed - 1];
            double next = (details.NextAttemptAt!.Value - _time.GetUtcNow().ToUnixTimeMilliseconds()) / 1_000.0;
            Assert.InRange(next, delay * 0.8, delay * 1.2);
            _time.Advance(TimeSpan.FromSeconds(next - 0.1));
            QueueStats waiting = await topic.Stats(hook);
            Assert.Equal((1, failed), (waiting.Delayed, receiver.Requests.Count));
            _time.Advance(TimeSpan.FromSeconds(0.2));
        }

        await topic.Attempts(hook, delays.Length + 1);
        Assert.Single(receiver.Requests.Select(static request => request.Headers["Message-Id"]).Distinct());
    }

    [Fact]
    public async Task A_receiver_may_ask_for_a_later_time()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/status/429?retry-after=120"));
        await topic.Publish("1");
        (_, AttemptDetails details) = Assert.Single(await topic.Attempts(hook, 1));
        Assert.Equal(Start.AddSeconds(120).ToUnixTimeMilliseconds(), details.NextAttemptAt);
        _time.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal(1, (await topic.Stats(hook)).Delayed);
        _time.Advance(TimeSpan.FromSeconds(2));
        await topic.Attempts(hook, 2);
    }

    [Fact]
    public async Task A_policy_of_the_subscription_takes_the_place_of_the_schedule()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/status/500"), config: config => config with
        {
            Retry = new RetryPolicy { Kind = RetryKind.Fixed, MinSeconds = 7 },
        });
        await topic.Publish("1");
        (_, AttemptDetails details) = Assert.Single(await topic.Attempts(hook, 1));
        Assert.Equal(Start.AddSeconds(7).ToUnixTimeMilliseconds(), details.NextAttemptAt);
    }

    [Theory]
    [InlineData("/hang")]
    [InlineData("/slow-headers")]
    public async Task An_answer_that_does_not_come_within_15_s_is_a_failure(string path)
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url(path));
        await topic.Publish("1");
        await receiver.Next();
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Empty(await topic.Attempts(hook));
        _time.Advance(TimeSpan.FromSeconds(1));
        (_, AttemptDetails details) = Assert.Single(await topic.Attempts(hook, 1));
        Assert.Equal(AttemptOutcome.Timeout, details.Outcome);
    }

    [Fact]
    public async Task After_the_last_attempt_a_message_goes_to_the_dead_letter_queue()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        string queue = await topic.Api.NewQueue();
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url("/status/500"), config: config => config with
        {
            Redrive = new RedrivePolicy(queue.Split('/')[^1], 2),
        });
        await topic.Publish("1");
        await topic.Attempts(hook, 1);
        _time.Advance(TimeSpan.FromSeconds(6));
        (KeptAttempt last, _) = (await topic.Attempts(hook, 2))[^1];
        Assert.Equal(DeliveryResult.Exhausted, last.Result);
        await topic.Broker.MoveDeadLetters(CancellationToken.None);
        Assert.Equal("1", (string)(await topic.Api.ReceiveOne(queue))["body"]!);
    }

    [Fact]
    public async Task Without_a_dead_letter_queue_a_message_is_given_up_after_the_last_attempt()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        SubscriptionName hook =
            await topic.Subscribe("a", receiver.Url("/status/500"), static target => target with { MaxAttempts = 2 });
        await topic.Publish("1");
        await topic.Attempts(hook, 1);
        _time.Advance(TimeSpan.FromSeconds(6));
        await topic.Attempts(hook, 2);
        QueueStats stats = await topic.Stats(hook);
        Assert.Equal((1, 0), (stats.AbandonedTotal, stats.Available + stats.Delayed + stats.Leased));
    }

    [Fact]
    public async Task The_messages_of_a_group_stay_in_order_while_one_of_them_fails_and_other_groups_go_on()
    {
        await using Receiver receiver = new();
        HookTopic topic = await HookTopic.Create(_server, _server.Api, """{"type":"fifo"}""");
        SubscriptionName hook = await topic.Subscribe(
            "a", receiver.Url("/first-fails"), config: static config => config with { Type = QueueType.Fifo });
        for (int i = 1; i <= 3; i++)
        {
            foreach (string group in new[] { "a", "b" })
            {
                await topic.Api.Post(
                    topic.Path + "/messages", $"{group}{i}", "Message-Group-Id: " + group,
                    $"Message-Deduplication-Id: {group}{i}");
            }
        }

        for (int i = 1; i <= 3; i++)
        {
            // Both groups stand at their i-th message, which has failed once.
            await topic.Attempts(hook, (i * 4) - 2);
            Assert.Equal(2, (await topic.Stats(hook)).Delayed);
            _time.Advance(TimeSpan.FromSeconds(6.1));
        }

        await topic.Attempts(hook, 12);
        foreach (char group in "ab")
        {
            Assert.Equal(
                [$"{group}1", $"{group}1", $"{group}2", $"{group}2", $"{group}3", $"{group}3"],
                receiver.Requests.Select(static request => request.Text).Where(text => text[0] == group));
        }
    }

    [Fact]
    public async Task While_the_circuit_of_a_host_is_open_no_attempt_is_made_or_spent()
    {
        await using Receiver receiver = new() { IsBroken = true };
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        SubscriptionName hook = await topic.Subscribe(
            "a", receiver.Url("/switch"), static target => target with { MaxConcurrency = 1 });
        SubscriptionName idle =
            await topic.Subscribe("idle", receiver.Url("/switch"), config: static config => config with
        {
            Subscription = config.Subscription! with { Filter = """{"policy":{"for":["idle"]}}""" },
        });
        await topic.Publish([.. Enumerable.Range(0, 20).Select(static n => n.ToString())]);
        await topic.Attempts(hook, 5);
        await HookTopic.Until(async () => await CircuitOf(topic, hook) == CircuitState.Open);
        // The other one waits for a message since before; it gets one now, and gives it back.
        Answer published =
            await topic.Api.Post(topic.Path + "/messages", "idle", "Message-Attribute-for: idle");
        Assert.Equal(201, published.Status);
        await topic.Until(idle, static stats => stats.Delayed == 1);
        Assert.Equal(5, receiver.Requests.Count);

        _time.Advance(TimeSpan.FromSeconds(10.1));
        // One of them all finds out that it is still broken.
        await HookTopic.Until(() => Task.FromResult(receiver.Requests.Count == 6));
        await HookTopic.Until(async () => await CircuitOf(topic, hook) == CircuitState.Open);
        Assert.Equal(6, receiver.Requests.Count);

        receiver.IsBroken = false;
        while ((await topic.Stats(hook)).DeletedTotal < 21 || (await topic.Stats(idle)).DeletedTotal < 1)
        {
            // An attempt that is under way must not run out of time.
            if (await InFlight(topic, hook) + await InFlight(topic, idle) == 0) _time.Advance(TimeSpan.FromSeconds(1));
        }

        (KeptAttempt Kept, AttemptDetails Details)[] attempts =
            [.. await topic.Attempts(hook), .. await topic.Attempts(idle)];
        Assert.Equal((22 + 6, receiver.Requests.Count), (attempts.Length, attempts.Length));
        foreach (var delivery in attempts.GroupBy(static attempt => attempt.Kept.Delivery))
            Assert.Equal(Enumerable.Range(1, delivery.Count()), delivery.Select(static attempt => attempt.Kept.Number));
    }

    private static async Task<int> InFlight(HookTopic topic, SubscriptionName hook) =>
        topic.Webhooks.Stats(await topic.Describe(hook)).InFlight;

    private static async Task<CircuitState> CircuitOf(HookTopic topic, SubscriptionName hook) =>
        topic.Webhooks.Stats(await topic.Describe(hook)).Circuit.State;
}
