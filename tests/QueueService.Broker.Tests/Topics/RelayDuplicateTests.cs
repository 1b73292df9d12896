using System.Buffers;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Topics;

/// <summary>Copies that a FIFO queue holds against what was sent to it.</summary>
public sealed class RelayDuplicateTests : IDisposable
{
    private static readonly RelayOptions Options = new(Keyed) { Deduplicates = true };

    private readonly TopicFixture _topic = new(
        BrokerHarness.Small with { MaxDeduplicationKeys = 3 });

    public RelayDuplicateTests()
    {
        _topic.CreateTopic();
        _topic.Harness.CreateQueue(config: new QueueConfig { Type = QueueType.Fifo });
        _topic.Subscribe("copy", new QueueConfig
        {
            Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Queue, Destination = "jobs" },
        });
    }

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void Of_two_copies_with_one_id_the_first_is_kept_and_a_later_send_is_its_duplicate()
    {
        _topic.Publish("a", "b", "a");
        Assert.Equal(new RelayOutcome(3, BrokerError.None), Pass());
        _topic.Harness.KillAndRestart();
        Assert.True(Send("a").IsDuplicate);
        Assert.Equal(["a", "b"], _topic.Harness.Receive().Select(static message => message.Body));
        _topic.Harness.Advance(TimeSpan.FromMinutes(5));
        Assert.False(Send("a").IsDuplicate);
    }

    [Fact]
    public void A_copy_of_what_was_sent_already_is_dropped_and_its_original_done_with()
    {
        Send("a");
        _topic.Publish("a");
        Assert.Equal(1, Pass().Copied);
        Assert.Equal("a", Assert.Single(_topic.Harness.Receive()).Body);
        Assert.Equal((0, 0), (_topic.Stats("copy").Available, _topic.Stats("copy").Leased));
    }

    [Fact]
    public void What_is_replayed_is_copied_again_within_the_window()
    {
        _topic.Publish("a", "b");
        Assert.Equal(2, Pass().Copied);
        Assert.True(_topic.Harness.Run(() => _topic.Broker.BeginReplay(
            TopicFixture.Name("copy"), new ReplayRequest(0, null))).Succeeded);
        Assert.Equal(2, Pass().Copied);
        Assert.Equal(["a", "b", "a", "b"], _topic.Harness.Receive().Select(static message => message.Body));
        Assert.True(Send("a").IsDuplicate);
    }

    [Fact]
    public void When_no_more_ids_can_be_remembered_copies_wait()
    {
        _topic.Publish("a", "b", "c", "d");
        Assert.Equal(new RelayOutcome(3, BrokerError.DeduplicationWindowFull), Pass());
        _topic.Harness.Advance(TimeSpan.FromMinutes(6));
        _topic.Harness.Sweep();
        Assert.Equal(new RelayOutcome(1, BrokerError.None), Pass());
        Assert.Equal(["a", "b", "c", "d"], _topic.Harness.Receive().Select(static message => message.Body));
    }

    private static MessageHeaders? Keyed(in MessageView message, IBufferWriter<byte> body)
    {
        body.Write(message.Body);
        return new MessageHeaders { GroupId = "g", DeduplicationId = Encoding.UTF8.GetString(message.Body) };
    }

    private SentMessage Send(string id)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(new MessageHeaders { GroupId = "g", DeduplicationId = id }, Encoding.UTF8.GetBytes(id));
        return _topic.Harness.Run(() => _topic.Broker.Send(BrokerHarness.Name(), batch)).Value.Messages![0];
    }

    private RelayOutcome Pass() => _topic.Harness.Run(
        () => _topic.Broker.Relay(TopicFixture.Name("copy"), 0, Options, CancellationToken.None));
}
