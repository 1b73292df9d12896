using System.Buffers;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Topics;

public sealed class StreamRelayTests : IDisposable
{
    private static readonly StreamName Stream =
        StreamName.TryParse("clicks", out StreamName name) ? name : throw new ArgumentException("clicks");

    private readonly TopicFixture _topic = new();

    public StreamRelayTests() => _topic.CreateTopic();

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void A_stream_gets_each_message_once_in_the_order_of_its_group_also_over_crashes()
    {
        CreateStream(partitions: 4);
        _topic.Subscribe("copy", To("clicks"));
        var expected = new Dictionary<string, List<string>>();
        for (int round = 0; round < 30; round++)
        {
            for (int i = 0; i < 5; i++)
            {
                string group = $"g{(round + i) % 7}";
                _topic.PublishTo(group, $"{round}.{i}");
                (expected.TryGetValue(group, out List<string>? known) ? known : expected[group] = []).Add(
                    $"{round}.{i}");
            }

            if (round % 3 == 0) Pass();
            if (round % 7 == 3) _topic.Harness.KillAndRestart();
            if (round % 7 == 6) _topic.Harness.CutPowerAndRestart((ulong)round);
        }

        while (Pass().Copied > 0)
        {
        }

        Dictionary<string, List<string>> copied = Records();
        Assert.Equal(expected.Keys.Order(), copied.Keys.Order());
        foreach ((string group, List<string> bodies) in expected) Assert.Equal(bodies, copied[group]);
    }

    [Fact]
    public void A_subscription_whose_stream_is_gone_waits_for_it()
    {
        Assert.Equal(BrokerError.TargetStreamNotFound, _topic.TrySubscribe("copy", To("clicks")).Error);
        CreateStream(partitions: 1);
        _topic.Subscribe("copy", To("clicks"));
        _topic.Publish("1");
        _topic.Harness.Run(() => _topic.Broker.DeleteStream(Stream, Precondition.None));
        Assert.Equal(BrokerError.TargetStreamNotFound, Pass().Error);
        Assert.Equal("The stream clicks does not exist.", _topic.Stats("copy").BlockedReason);
        CreateStream(partitions: 1);
        Assert.Equal(1, Pass().Copied);
    }

    [Fact]
    public void A_message_without_a_group_is_not_copied_to_a_compacted_stream()
    {
        CreateStream(partitions: 1, new StreamConfig { Cleanup = CleanupPolicy.CompactAndDelete });
        _topic.Subscribe("copy", To("clicks"));
        _topic.PublishTo("g", "1");
        _topic.Publish("2");
        Assert.Equal(new RelayOutcome(1, BrokerError.KeyRequired), Pass());
        Assert.Equal(new RelayOutcome(0, BrokerError.KeyRequired), Pass());
        Assert.StartsWith(
            "The next message has no group", _topic.Stats("copy").BlockedReason, StringComparison.Ordinal);
        _topic.Harness.Run(() => _topic.Broker.PatchQueue(
            Stream.Address, static config => config with { Stream = new StreamConfig() }, Precondition.None));
        Assert.Equal(1, Pass().Copied);
    }

    private static QueueConfig To(string stream) => new()
    {
        Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Stream, Destination = stream },
    };

    private void CreateStream(int partitions, StreamConfig? config = null) =>
        Assert.True(_topic.Harness.Run(() => _topic.Broker.PutQueue(
            Stream.Address,
            new QueueConfig { Stream = (config ?? new StreamConfig()) with { Partitions = partitions } },
            Precondition.None)).Succeeded);

    private RelayOutcome Pass()
    {
        _topic.Harness.Run(() => _topic.Broker.ReleaseAll(TopicFixture.Name("copy")));
        return _topic.Harness.Run(
            () => _topic.Broker.Relay(TopicFixture.Name("copy"), 0, Keyed, CancellationToken.None));
    }

    private static MessageHeaders Keyed(in MessageView message, IBufferWriter<byte> body)
    {
        body.Write(message.Body);
        MessageHeaders headers = message.ReadHeaders();
        return headers with { Key = headers.GroupId, GroupId = null };
    }

    private Dictionary<string, List<string>> Records()
    {
        var records = new Dictionary<string, List<string>>();
        for (int partition = 0; partition < 4; partition++)
        {
            TopicCursor from = TopicCursor.Select([new(partition, 0)]);
            using ReceivedMessages read = _topic.Harness.Run(() =>
                _topic.Broker.ReadRecords(Stream, from, 10_000, 0, CancellationToken.None)).Value;
            for (int i = 0; i < read.Count; i++)
            {
                Assert.True(read.TryRead(i, out MessageView record));
                string key = Encoding.UTF8.GetString(record.Key);
                (records.TryGetValue(key, out List<string>? known) ? known : records[key] = [])
                    .Add(Encoding.UTF8.GetString(record.Body));
            }
        }

        return records;
    }
}
