using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Streams.QueueViews;

/// <summary>A broker with the stream "clicks", and queue views of it.</summary>
internal sealed class ViewFixture(BrokerOptions? options = null) : IDisposable
{
    private readonly StreamFixture _stream = new(options);

    public BrokerHarness Harness => _stream.Harness;

    public MessageBroker Broker => Harness.Broker;

    public StreamFixture Stream => _stream;

    public static SubscriptionName Name(string view = "work") =>
        SubscriptionName.TryParse(StreamFixture.Stream.Log, view, out SubscriptionName name)
            ? name
            : throw new ArgumentException(view);

    public static QueueConfig FromEarliest(QueueConfig? config = null) => (config ?? new QueueConfig()) with
    {
        Subscription = new SubscriptionConfig { From = SubscriptionConfig.Earliest },
    };

    public void Dispose() => _stream.Dispose();

    public void Create(int partitions, QueueConfig? config = null) => _stream.Create(
        (config ?? new QueueConfig()) with { Stream = new StreamConfig { Partitions = partitions } });

    public QueueChange View(QueueConfig? config = null, string name = "work", long? from = null)
    {
        Result<QueueChange> result = TryView(config, name, from);
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value;
    }

    public Result<QueueChange> TryView(QueueConfig? config = null, string name = "work", long? from = null)
    {
        config ??= new QueueConfig();
        config = config with { Subscription = config.Subscription ?? new SubscriptionConfig() };
        return Harness.Run(() =>
            Broker.PutSubscription(new SubscriptionRequest(Name(name), config, Precondition.None) { From = from }));
    }

    /// <summary>Appends to one partition.</summary>
    public void AppendTo(int partition, params string[] bodies)
    {
        using MessageBatch batch = MessageBatch.Rent();
        foreach (string body in bodies)
            batch.Add(MessageHeaders.None, Encoding.UTF8.GetBytes(body), new SendOptions { Partition = partition });
        Assert.True(Harness.Run(() => Broker.Append(StreamFixture.Stream, batch)).Succeeded);
    }

    public Result<ReceivedMessages> TryReceive(ReceiveRequest request, string view = "work") =>
        Harness.Run(() => Broker.Receive(Name(view).Address, request, CancellationToken.None));

    public List<Record> Receive(int max = 10, string view = "work", long? visibility = null)
    {
        Result<ReceivedMessages> result =
            TryReceive(new ReceiveRequest { Max = max, VisibilityMilliseconds = visibility }, view);
        Assert.Equal(BrokerError.None, result.Error);
        return Read(result.Value);
    }

    public string[] Bodies(int max = 10, string view = "work") =>
        [.. Receive(max, view).Select(static record => record.Body)];

    /// <summary>Reads the records, and reports those that are not there any more.</summary>
    public List<Record> Read(ReceivedMessages messages)
    {
        var read = new List<Record>();
        using (messages)
        {
            for (int i = 0; i < messages.Count; i++)
            {
                if (!messages.TryRead(i, out MessageView view)) continue;
                read.Add(new Record(
                    view.Partition, view.Offset, Encoding.UTF8.GetString(view.Body), view.Receipt, view.ReceiveCount)
                {
                    Id = view.Id,
                    Priority = view.Priority,
                });
            }

            Harness.Run(() => Broker.ReportDamage(messages));
        }

        return read;
    }

    public BrokerError[] Settle(Settlement settlement, long? milliseconds, params ReceiptHandle[] receipts) =>
        Harness.Run(() => Broker.Settle(Name().Address, settlement, receipts, milliseconds)).Value.Errors;

    public BrokerError Acknowledge(Record record, string view = "work") =>
        Harness.Run(() => Broker.Settle(Name(view).Address, Settlement.Acknowledge, [record.Receipt])).Value.Errors[0];

    public QueueStats Stats(string view = "work") =>
        Harness.Run(() => Broker.GetSubscription(Name(view))).Value.Stats;
}

/// <summary>A record of a view as a test sees it.</summary>
internal sealed record Record(int Partition, long Offset, string Body, ReceiptHandle Receipt, int ReceiveCount)
{
    public MessageId Id { get; init; }

    public int Priority { get; init; }
}
