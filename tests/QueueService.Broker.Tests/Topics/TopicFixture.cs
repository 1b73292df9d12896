using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Topics;

/// <summary>A broker with the topic "orders".</summary>
internal sealed class TopicFixture(BrokerOptions? options = null) : IDisposable
{
    public BrokerHarness Harness { get; } = new(options);

    public static TopicName Topic { get; } =
        TopicName.TryParse("orders", out TopicName name) ? name : throw new ArgumentException("orders");

    public MessageBroker Broker => Harness.Broker;

    public static SubscriptionName Name(string subscription) =>
        SubscriptionName.TryParse(Topic, subscription, out SubscriptionName name)
            ? name
            : throw new ArgumentException(subscription);

    public static SnapshotName Snapshot(string subscription, string snapshot) =>
        SnapshotName.TryParse(Name(subscription), snapshot, out SnapshotName name)
            ? name
            : throw new ArgumentException(snapshot);

    public void Dispose() => Harness.Dispose();

    public void CreateTopic(QueueConfig? config = null) =>
        Assert.True(
            Harness.Run(() => Broker.PutTopic(Topic, config ?? new QueueConfig(), Precondition.None)).Succeeded);

    public QueueChange Subscribe(string name, QueueConfig? config = null, long? from = null)
    {
        Result<QueueChange> result = TrySubscribe(name, config, from);
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value;
    }

    public Result<QueueChange> TrySubscribe(string name, QueueConfig? config = null, long? from = null)
    {
        config ??= new QueueConfig();
        config = config with { Subscription = config.Subscription ?? new SubscriptionConfig() };
        return Harness.Run(() =>
            Broker.PutSubscription(new SubscriptionRequest(Name(name), config, Precondition.None) { From = from }));
    }

    public SendOutcome Publish(params string[] bodies) => PublishTo(null, bodies);

    public SendOutcome PublishTo(string? group, params string[] bodies)
    {
        MessageBatch batch = MessageBatch.Rent();
        MessageHeaders headers = group is null ? MessageHeaders.None : new MessageHeaders { GroupId = group };
        foreach (string body in bodies) batch.Add(headers, Encoding.UTF8.GetBytes(body));
        Result<SendOutcome> result = Harness.Run(() => Broker.Publish(Topic, batch));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value;
    }

    public List<Received> Receive(string subscription, int max = 10, long? visibility = null)
    {
        var request = new ReceiveRequest
        {
            Max = max, WaitMilliseconds = 0, VisibilityMilliseconds = visibility, IsInternal = true,
        };
        Result<ReceivedMessages> result =
            Harness.Run(() => Broker.Receive(Name(subscription).Address, request, CancellationToken.None));
        Assert.Equal(BrokerError.None, result.Error);
        return BrokerHarness.Read(result.Value);
    }

    public string[] Bodies(string subscription, int max = 10) =>
        [.. Receive(subscription, max).Select(static message => message.Body)];

    public BrokerError Acknowledge(string subscription, ReceiptHandle receipt) =>
        Harness.Run(() => Broker.Settle(Name(subscription).Address, Settlement.Acknowledge, [receipt])).Value.Errors[0];

    public QueueStats Stats(string subscription) =>
        Harness.Run(() => Broker.GetSubscription(Name(subscription))).Value.Stats;
}
