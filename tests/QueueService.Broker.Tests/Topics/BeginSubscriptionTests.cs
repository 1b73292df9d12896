using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics;

/// <summary>A subscription that is changed and begins at the end of its topic, in one step.</summary>
public sealed class BeginSubscriptionTests : IDisposable
{
    private readonly TopicFixture _topic = new();

    public BeginSubscriptionTests() => _topic.CreateTopic();

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void What_was_published_before_is_passed_over_and_the_second_to_begin_takes_nothing_away()
    {
        string before = _topic.Subscribe("a", new QueueConfig { Paused = true }).Queue.ETag;
        _topic.Publish("1");
        Assert.Equal(BrokerError.None, Begin(before));
        _topic.Publish("2");
        Assert.Equal(BrokerError.PreconditionFailed, Begin(before));
        Assert.Equal("2", Assert.Single(_topic.Receive("a")).Body);
    }

    [Fact]
    public void A_crash_takes_nothing_of_it_back()
    {
        string before = _topic.Subscribe("a", new QueueConfig { Paused = true }).Queue.ETag;
        _topic.Publish("1");
        Assert.Equal(BrokerError.None, Begin(before));
        _topic.Publish("2");
        _topic.Harness.CutPowerAndRestart(1);
        Assert.Equal("2", Assert.Single(_topic.Receive("a")).Body);
    }

    private BrokerError Begin(string etag) => _topic.Harness.Run(() => _topic.Broker.BeginSubscription(
        TopicFixture.Name("a"), static config => config with { Paused = false },
        new Precondition([etag], MustNotExist: false))).Error;
}
