using System.Text;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics;

/// <summary>Deliveries with retries under random reports, silence, restarts and time, against
/// <see cref="NaiveWebhook"/>.</summary>
public sealed class WebhookModelTests : IDisposable
{
    private const int Steps = 500;
    private static readonly int SeedCount = Environment.GetEnvironmentVariable("QUEUESERVICE_SOAK") == "1" ? 2_000 : 20;

    private readonly TopicFixture _topic = new(BrokerHarness.Small with { ReadAheadPerLane = 200 });
    private readonly List<NaiveWebhook> _hooks = [];
    private readonly List<long> _positions = [];

    public void Dispose() => _topic.Dispose();

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Deliveries_agree_with_a_list_of_what_became_of_every_message(int seed)
    {
        var random = new SeededRandom((ulong)seed);
        _topic.CreateTopic();
        Subscribe("gives-up", ordered: false, deadAfter: null);
        Subscribe("dead", ordered: false, deadAfter: 3);
        Subscribe("groups", ordered: true, deadAfter: null);
        Subscribe("groups-dead", ordered: true, deadAfter: 2);
        for (int step = 0; step < Steps; step++) Step(random, _hooks[random.Next(_hooks.Count)]);
        foreach (NaiveWebhook hook in _hooks) Finish(hook);
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, SeedCount)];

    private long Now => _topic.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Step(SeededRandom random, NaiveWebhook hook)
    {
        switch (random.Next(40))
        {
            case < 10:
                Publish(random);
                break;
            case < 21:
                Begin(hook, 1 + random.Next(6), 1_000 * (1 + random.Next(60)));
                break;
            case < 31:
                Report(hook, random);
                break;
            case < 35:
                _topic.Harness.AdvanceMilliseconds(1 + random.Next(20_000));
                if (random.Next(2) == 0) _topic.Harness.Sweep();
                break;
            case 35:
                Pause(hook, random);
                break;
            case 36:
                Redeliver(hook, random);
                break;
            case 37:
                GiveBack(hook, random);
                break;
            default:
                Restart(random);
                break;
        }
    }

    private void Publish(SeededRandom random)
    {
        string? group = random.Next(3) == 0 ? null : $"g{random.Next(5)}";
        _positions.Add(_topic.PublishTo(group, $"{_positions.Count}").IdAt(0).SequenceNumber);
        foreach (NaiveWebhook hook in _hooks) hook.Publish(group);
    }

    private int Begin(NaiveWebhook hook, int max, long lease)
    {
        List<NaiveDelivery> available = hook.Available(Now);
        List<Received> received = _topic.Receive(hook.Name, max, lease);
        foreach (Received message in received)
        {
            NaiveDelivery delivery = hook.Deliveries[int.Parse(message.Body, null)];
            Assert.True(available.Contains(delivery), $"{hook.Name} got {delivery} at {Now}");
            Assert.Equal(delivery.Count + 1, message.ReceiveCount);
            if (hook.IsOrdered && delivery.Group is not null) AssertFirst(hook, delivery, received);
        }

        int least = hook.IsOrdered
            ? available.Exists(one => one.Group is null) ? 1 : 0
            : Math.Min(max, available.Count);
        Assert.True(received.Count >= least, $"{hook.Name} got {received.Count} of {string.Join(' ', available)}");
        foreach (Received message in received) hook.Begin(int.Parse(message.Body, null), message.Receipt, Now + lease);
        return received.Count;
    }

    /// <summary>An ordered group gives in order, and nothing while one of it is in an attempt or waits for its next.
    /// </summary>
    private static void AssertFirst(NaiveWebhook hook, NaiveDelivery delivery, List<Received> received)
    {
        foreach (NaiveDelivery other in hook.Deliveries.Where(other => other.Group == delivery.Group))
        {
            Assert.False(other.State == NaiveState.InAttempt, $"{hook.Name} got {delivery} beside {other}");
            if (other.Message >= delivery.Message || other.IsOver) continue;
            Assert.Contains(received, one => one.Body == $"{other.Message}");
        }
    }

    private void Report(NaiveWebhook hook, SeededRandom random)
    {
        if (hook.Open.Count == 0) return;
        NaiveAttempt attempt = hook.Open[random.Next(hook.Open.Count)];
        DeliveryResult result = random.Next(20) switch
        {
            < 8 => DeliveryResult.Delivered,
            8 => DeliveryResult.Gone,
            _ => hook.Failed(attempt.Number),
        };
        Report(hook, attempt, result, random.Next(30_000));
    }

    private void Report(NaiveWebhook hook, NaiveAttempt attempt, DeliveryResult result, long delay)
    {
        var report = new DeliveryReport(
            attempt.Receipt, attempt.Number, result, delay, Encoding.UTF8.GetBytes($"{attempt.Message}"))
            {
                MaxFailingMilliseconds = NaiveWebhook.MaxFailingMilliseconds,
            };
        DeliveryOutcome outcome = _topic.Harness.Run(() => _topic.Broker.Report(TopicFixture.Name(hook.Name), report));
        Assert.Equal(hook.Report(attempt, result, delay, Now), outcome);
    }

    private void GiveBack(NaiveWebhook hook, SeededRandom random)
    {
        if (hook.Open.Count == 0) return;
        NaiveAttempt attempt = hook.Open[random.Next(hook.Open.Count)];
        long delay = random.Next(10_000);
        _topic.Harness.Run(() => _topic.Broker.GiveBack(TopicFixture.Name(hook.Name), [attempt.Receipt], delay));
        hook.GiveBack(attempt, delay, Now);
    }

    private void Pause(NaiveWebhook hook, SeededRandom random)
    {
        if (hook.IsPaused || hook.DisabledReason is not null || random.Next(2) == 0)
        {
            Resume(hook);
            return;
        }

        SetPaused(hook, true);
        hook.IsPaused = true;
    }

    private void Resume(NaiveWebhook hook)
    {
        SetPaused(hook, false);
        hook.Resume();
    }

    private void SetPaused(NaiveWebhook hook, bool paused) => Assert.True(
        _topic.Harness.Run(() => _topic.Broker.Pause(TopicFixture.Name(hook.Name).Address, paused)).Succeeded);

    private void Redeliver(NaiveWebhook hook, SeededRandom random)
    {
        if (_positions.Count == 0) return;
        int message = random.Next(_positions.Count);
        // What is on its way to the dead-letter queue is not asked for.
        hook.PassTime(Now);
        if (hook.Deliveries[message].State == NaiveState.Dead) return;
        int count = _topic.Harness.Run(() =>
            _topic.Broker.Redeliver(TopicFixture.Name(hook.Name), [_positions[message]])).Value.Count;
        Assert.Equal(hook.Redeliver(message, Now) ? 1 : 0, count);
    }

    /// <summary>Before or after the new process has given back what the former had begun, it may end, too.</summary>
    private void Restart(SeededRandom random)
    {
        ulong hash = _topic.Broker.Shard.StateHash();
        if (random.Next(2) == 0) _topic.Harness.KillAndRestart();
        else _topic.Harness.CutPowerAndRestart(random.Next());
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
        foreach (NaiveWebhook hook in _hooks)
        {
            if (random.Next(4) == 0) continue;
            Assert.Equal(
                BrokerError.None, _topic.Harness.Run(() => _topic.Broker.ReleaseAll(TopicFixture.Name(hook.Name))));
            hook.ReleaseAll(Now);
        }
    }

    /// <summary>In the end everything that is not over is delivered, and all counts agree.</summary>
    private void Finish(NaiveWebhook hook)
    {
        AssertCounts(hook);
        Resume(hook);
        for (int rounds = 0; hook.Deliveries.Any(static delivery => !delivery.IsOver); rounds++)
        {
            Assert.True(rounds < 1_000, $"{hook.Name} lost {hook.Deliveries.First(static one => !one.IsOver)}");
            if (Begin(hook, 10, 60_000) == 0) _topic.Harness.AdvanceMilliseconds(5_000);
            foreach (NaiveAttempt attempt in hook.Open.ToList()) Report(hook, attempt, DeliveryResult.Delivered, 0);
            // Some of what lies before it in its group may be dead, and has to be taken away.
            _topic.Harness.Sweep();
        }

        Assert.Empty(_topic.Receive(hook.Name));
        AssertCounts(hook);
        AssertDead(hook);
    }

    private void AssertCounts(NaiveWebhook hook)
    {
        hook.PassTime(Now);
        QueueStats stats = _topic.Stats(hook.Name);
        Assert.Equal(
            (hook.DisabledReason, hook.FailingSince, hook.Abandoned),
            (stats.DisabledReason, stats.FailingSince, stats.AbandonedTotal));
        IEnumerable<(int, int, DeliveryResult)> kept = _topic.Harness
            .Run(() => _topic.Broker.Attempts(TopicFixture.Name(hook.Name), null, 1_000)).Value.Attempts.Reverse()
            .Select(static one => (int.Parse(Encoding.UTF8.GetString(one.Details.Span), null), one.Number, one.Result));
        Assert.Equal(hook.Reports, kept);
    }

    private void AssertDead(NaiveWebhook hook)
    {
        if (!hook.Name.Contains("dead", StringComparison.Ordinal)) return;
        List<int> dead = [];
        while (_topic.Harness.ReceiveFrom($"{hook.Name}-letters", 10) is { Count: > 0 } page)
            dead.AddRange(page.Select(static message => int.Parse(message.Body, null)));
        Assert.Equal(
            hook.Deliveries.Where(static one => one.State == NaiveState.Dead).Select(static one => one.Message),
            dead.Order());
    }

    private void Subscribe(string name, bool ordered, int? deadAfter)
    {
        if (deadAfter is not null) _topic.Harness.CreateQueue($"{name}-letters");
        _topic.Subscribe(name, new QueueConfig
        {
            Type = ordered ? QueueType.Fifo : QueueType.Standard,
            Redrive = deadAfter is { } after ? new RedrivePolicy($"{name}-letters", after) : null,
            Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Webhook, Destination = "{}" },
        });
        _hooks.Add(new NaiveWebhook(name, ordered, deadAfter));
    }
}
