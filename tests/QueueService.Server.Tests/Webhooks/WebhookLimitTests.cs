using QueueService.Broker.Topics;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Webhooks;
using QueueService.Testing;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>What counts as an attempt, how many there are in a second; by a clock that stands still until it
/// is moved.</summary>
public sealed class WebhookLimitTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Start);
    private readonly LiveServer _server;

    public WebhookLimitTests() =>
        _server = new LiveServer(_time, "Webhooks:AllowedNetworks:0=" + HookServer.Network);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_kept_connection_that_ends_when_it_is_taken_costs_no_attempt_and_the_request_is_made_again(
        bool resets)
    {
        await using KeepAliveReceiver receiver = new(resets);
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url);
        await topic.Publish("1");
        await topic.Attempts(hook, 1);
        await topic.Publish("2");
        (KeptAttempt kept, AttemptDetails details) = (await topic.Attempts(hook, 2))[^1];
        Assert.Equal((1, DeliveryResult.Delivered), (kept.Number, kept.Result));
        Assert.Equal((AttemptOutcome.Succeeded, false), (details.Outcome, details.IsConnectionReused));
        Assert.Equal(["1", "2", "2"], receiver.Requests.Select(static request => request.Text));
        Assert.Equal(receiver.Requests[1].Headers["Message-Id"], receiver.Requests[2].Headers["Message-Id"]);
        Assert.Equal((2, Start), (receiver.Connections, _time.GetUtcNow()));
        Assert.Equal(0, (await topic.Stats(hook)).Delayed);
    }

    [Fact]
    public async Task A_new_connection_that_is_reset_as_well_is_a_failed_attempt()
    {
        await using KeepAliveReceiver receiver = new(resets: true, answered: 1);
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        SubscriptionName hook = await topic.Subscribe("a", receiver.Url);
        await topic.Publish("1");
        await topic.Attempts(hook, 1);
        await topic.Publish("2");
        (KeptAttempt kept, AttemptDetails details) = (await topic.Attempts(hook, 2))[^1];
        Assert.Equal((1, DeliveryResult.Retry), (kept.Number, kept.Result));
        Assert.Equal(AttemptOutcome.Reset, details.Outcome);
        Assert.Equal((2, 3), (receiver.Connections, receiver.Requests.Count));
    }

    [Fact]
    public async Task No_more_attempts_begin_within_any_second_than_the_rate_of_the_endpoint_and_the_rest_follows()
    {
        const int Rate = 3;
        const int Messages = 4 * Rate;
        await using Receiver receiver = new(time: _time);
        HookTopic topic = await HookTopic.Create(_server, _server.Api);
        SubscriptionName hook =
            await topic.Subscribe("a", receiver.Url("/ok"), static target => target with { RatePerSecond = Rate });
        await topic.Publish([.. Enumerable.Range(0, Messages).Select(static n => n.ToString())]);
        await topic.Until(hook, static stats => stats.DeletedTotal >= Rate);
        for (int done = 2 * Rate; done <= Messages; done += Rate)
        {
            _time.Advance(TimeSpan.FromMilliseconds(900));
            await topic.Stats(hook);
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Reach(topic, hook, TimeSpan.FromMilliseconds(100), stats => stats.Successes >= done);
        }

        DateTimeOffset[] at = [.. receiver.Requests.Select(static request => request.At)];
        Assert.Equal(Messages, at.Length);
        Assert.All(at[..Rate], static time => Assert.Equal(Start, time));
        for (int i = Rate; i < Messages; i++)
            Assert.InRange(at[i] - at[i - Rate], TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
    }

    /// <summary>Waits until it is so. Whoever looked at the clock just before it was moved, and sleeps since just
    /// after, needs it moved again.</summary>
    private async Task Reach(HookTopic topic, SubscriptionName hook, TimeSpan step, Func<WebhookStats, bool> holds)
    {
        int quiet = 0;
        await HookTopic.Until(async () =>
        {
            WebhookStats now = topic.Webhooks.Stats(await topic.Describe(hook));
            quiet = now.InFlight > 0 ? 0 : quiet + 1;
            if (quiet % 20 == 19) _time.Advance(step);
            return holds(now);
        });
    }
}
