using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Broker.Topics.Filters;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics;

public sealed class TopicReadTests : IDisposable
{
    /// <summary>Both come to the same turn, the publish first.</summary>
    private ReceivedMessages ReadBesidePublish(string body, out bool wasAnsweredBeforeSync)
    {
        Task<Result<SendOutcome>> publish = BrokerHarness.Begin(
            () => _topic.Broker.Publish(TopicFixture.Topic, BrokerHarness.Batch(body)));
        Task<Result<ReceivedMessages>> read = BrokerHarness.Begin(
            () => _topic.Broker.Read(TopicFixture.Topic, TopicCursor.Beginning, 10, 0, CancellationToken.None));
        List<bool> wasAnswered = [];
        _topic.Harness.Disk.Observer = disk =>
        {
            if (disk.Operation == DiskOperation.Sync) wasAnswered.Add(read.IsCompleted);
        };
        _topic.Harness.Turn();
        Assert.True(publish.IsCompleted);
        wasAnsweredBeforeSync = wasAnswered[0];
        return BrokerHarness.Answer(read).Value;
    }

    private readonly TopicFixture _topic = new();

    public TopicReadTests() => _topic.CreateTopic();

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void A_reader_behind_another_that_waits_at_the_end_gets_what_is_there()
    {
        _topic.Publish("1", "2");
        TopicCursor end = _topic.Harness.Run(() => _topic.Broker.EndOf(TopicFixture.Topic)).Value;
        Task<Result<ReceivedMessages>> waiting = BrokerHarness.Begin(
            () => _topic.Broker.Read(TopicFixture.Topic, end, 10, 10_000, CancellationToken.None));
        Assert.Equal(["1", "2"], Bodies(Read(TopicCursor.Beginning)));
        Assert.False(waiting.IsCompleted);
        _topic.Publish("3");
        using ReceivedMessages last = BrokerHarness.Answer(waiting).Value;
        Assert.Equal(["3"], Bodies(last));
    }

    [Fact]
    public void A_read_is_answered_before_the_commit_of_what_came_with_it()
    {
        _topic.Publish("1", "2");
        using ReceivedMessages messages = ReadBesidePublish("3", out bool wasAnsweredBefore);
        Assert.True(wasAnsweredBefore);
        Assert.Equal(["1", "2"], Bodies(messages));
    }

    [Fact]
    public void A_read_waits_for_the_sync_of_what_a_weaker_level_has_acknowledged()
    {
        _topic.Harness.CreateQueue(config: new QueueConfig { Durability = Durability.Os });
        _topic.Harness.Send("unsynced");
        using ReceivedMessages messages = ReadBesidePublish("1", out bool wasAnsweredBefore);
        Assert.False(wasAnsweredBefore);
        Assert.Equal(["1"], Bodies(messages));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reader_passes_over_what_a_topic_of_a_weaker_level_has_lost(bool publishesAfterwards)
    {
        _topic.Harness.Run(() => _topic.Broker.DeleteTopic(TopicFixture.Topic, Precondition.None));
        _topic.CreateTopic(new QueueConfig { Durability = Durability.Memory });
        _topic.Publish("1", "2");
        _topic.Harness.KillAndRestart();
        if (publishesAfterwards) _topic.Publish("3");
        using ReceivedMessages messages = Read(TopicCursor.Beginning);
        Assert.Equal(publishesAfterwards ? ["1", "2", "3"] : ["1", "2"], Bodies(messages));
        Assert.Equal(0, messages.Lost);
        _topic.Publish("4");
        using ReceivedMessages next = Read(messages.NextCursor!);
        Assert.Equal(["4"], Bodies(next));
    }

    [Fact]
    public void A_cursor_knows_what_was_read_and_whether_another_one_has_read_as_much()
    {
        _topic.PublishTo("a", "1", "2");
        _topic.PublishTo("b", "3");
        using ReceivedMessages messages = Read(TopicCursor.Beginning);
        TopicCursor cursor = TopicCursor.Beginning;
        for (int i = 0; i < messages.Count; i++)
        {
            Assert.True(messages.TryRead(i, out MessageView message));
            Assert.False(cursor.Covers(message.SequenceNumber));
            TopicCursor after = cursor.After(message.SequenceNumber);
            Assert.True(after.Covers(message.SequenceNumber));
            Assert.True(cursor.IsWithin(after) && !after.IsWithin(cursor));
            cursor = after;
        }

        Assert.True(cursor.IsWithin(messages.NextCursor!) && messages.NextCursor!.IsWithin(cursor));
        Assert.Same(messages.FirstCursor, TopicCursor.Beginning);
    }

    [Fact]
    public void A_matcher_says_of_a_message_and_of_its_copy_whether_a_filter_lets_it_through()
    {
        var batch = MessageBatch.Rent();
        batch.Add(new MessageHeaders { RoutingKey = "order.paid" }, "a"u8);
        batch.Add(new MessageHeaders { RoutingKey = "audit" }, "b"u8);
        Assert.True(_topic.Harness.Run(() => _topic.Broker.Publish(TopicFixture.Topic, batch)).Succeeded);
        SubscriptionFilter filter = SubscriptionFilter.Parse(
            Encoding.UTF8.GetBytes("""{"routingKey":"order.#"}"""), NumberMatching.NumbersInStrings, out _)!;
        var matcher = new MessageMatcher(filter);
        using ReceivedMessages messages = Read(TopicCursor.Beginning);
        for (int i = 0; i < messages.Count; i++)
        {
            Assert.True(messages.TryRead(i, out MessageView message));
            Assert.Equal(i == 0, matcher.Matches(in message));
            Assert.Equal(i == 0, matcher.Matches(MessageCopy.Of(in message)));
        }
    }

    private ReceivedMessages Read(TopicCursor from) => _topic.Harness.Run(
        () => _topic.Broker.Read(TopicFixture.Topic, from, 10, 0, CancellationToken.None)).Value;

    private static string[] Bodies(ReceivedMessages messages)
    {
        string[] bodies = new string[messages.Count];
        for (int i = 0; i < bodies.Length; i++)
        {
            Assert.True(messages.TryRead(i, out MessageView message));
            bodies[i] = Encoding.UTF8.GetString(message.Body);
        }

        return bodies;
    }
}
