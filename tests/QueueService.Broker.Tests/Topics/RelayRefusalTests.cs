using System.Buffers;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics;

/// <summary>What a relay does with messages that nobody takes.</summary>
public sealed class RelayRefusalTests : IDisposable
{
    private readonly TopicFixture _topic = new();

    public RelayRefusalTests()
    {
        _topic.CreateTopic();
        _topic.Harness.CreateQueue();
        _topic.Harness.CreateQueue("dead");
    }

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void What_has_no_form_is_a_dead_letter_and_the_rest_is_copied()
    {
        Subscribe(new RedrivePolicy("dead", 1_000));
        _topic.Publish("1", "refused", "2");
        Assert.Equal(2, Pass(new RelayOptions(Refusing)).Copied);
        Assert.Equal(["copy of 1", "copy of 2"], _topic.Harness.Receive().Select(static m => m.Body));
        Assert.Equal("refused", Assert.Single(_topic.Harness.ReceiveFrom("dead")).Body);
        Assert.Equal(0, Pass(new RelayOptions(Refusing)).Copied);
    }

    [Fact]
    public void Without_a_dead_letter_queue_it_is_given_up_and_counted()
    {
        Subscribe();
        _topic.Publish("refused");
        Assert.Equal(0, Pass(new RelayOptions(Refusing)).Copied);
        Assert.Equal((0, 1), (_topic.Stats("copy").Available, _topic.Stats("copy").AbandonedTotal));
    }

    [Fact]
    public void Messages_for_a_queue_that_is_gone_are_dead_letters_in_the_form_of_copies()
    {
        Subscribe(new RedrivePolicy("dead", 1_000));
        _topic.Broker.DeadLetterForms = name => name == TopicFixture.Name("copy").Address ? Refusing : null;
        _topic.Publish("1", "2");
        _topic.Harness.Run(() => _topic.Broker.DeleteQueue(BrokerHarness.Name(), Precondition.None));
        RelayOutcome outcome = Pass(new RelayOptions(Refusing) { GivesUpWithoutTarget = true });
        Assert.Equal(new RelayOutcome(0, BrokerError.None), outcome);
        Assert.Equal(["copy of 1", "copy of 2"], _topic.Harness.ReceiveFrom("dead").Select(static m => m.Body));
        Assert.Equal(0, _topic.Stats("copy").Available + _topic.Stats("copy").Leased);
    }

    private static MessageHeaders? Refusing(in MessageView message, IBufferWriter<byte> body)
    {
        string text = Encoding.UTF8.GetString(message.Body);
        if (text == "refused") return null;
        body.Write(Encoding.UTF8.GetBytes("copy of " + text));
        return MessageHeaders.None;
    }

    private void Subscribe(RedrivePolicy? redrive = null) => _topic.Subscribe("copy", new QueueConfig
    {
        Redrive = redrive,
        Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Queue, Destination = "jobs" },
    });

    private RelayOutcome Pass(RelayOptions options) => _topic.Harness.Run(
        () => _topic.Broker.Relay(TopicFixture.Name("copy"), 0, options, CancellationToken.None));
}
