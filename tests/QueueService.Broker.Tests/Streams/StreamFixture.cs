using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Streams;

/// <summary>A broker with the stream "clicks".</summary>
internal sealed class StreamFixture(BrokerOptions? options = null) : IDisposable
{
    public BrokerHarness Harness { get; } = new(options);

    public static StreamName Stream { get; } =
        StreamName.TryParse("clicks", out StreamName name) ? name : throw new ArgumentException("clicks");

    public MessageBroker Broker => Harness.Broker;

    public static QueueConfig Config(int partitions = 1) =>
        new() { Stream = new StreamConfig { Partitions = partitions } };

    public void Dispose() => Harness.Dispose();

    public void Create(QueueConfig config) => Assert.True(TryCreate(config).Succeeded);

    public Result<QueueChange> TryCreate(QueueConfig config) =>
        Harness.Run(() => Broker.PutQueue(Stream.Address, config, Precondition.None));

    /// <summary>Appends and answers where each record is.</summary>
    public (int Partition, long Offset)[] Append(params (string? Key, string Body)[] records)
    {
        using MessageBatch batch = Batch(records);
        Result<AppendOutcome> result = Harness.Run(() => Broker.Append(Stream, batch));
        Assert.Equal((BrokerError.None, BrokerError.None), (result.Error, result.Value.Refused));
        return [.. Enumerable.Range(0, batch.Count).Select(batch.PlaceOf)];
    }

    public AppendOutcome Produce(
        ProducerState producer, out (int Partition, long Offset)[] places, params string[] bodies)
    {
        using MessageBatch batch = Batch([.. bodies.Select(static body => ((string?)null, body))]);
        Result<AppendOutcome> result = Harness.Run(() => Broker.Append(Stream, batch, producer));
        Assert.Equal(BrokerError.None, result.Error);
        places = [.. Enumerable.Range(0, batch.Count).Select(batch.PlaceOf)];
        return result.Value;
    }

    public static MessageBatch Batch(params (string? Key, string Body)[] records)
    {
        MessageBatch batch = MessageBatch.Rent();
        foreach ((string? key, string body) in records)
        {
            MessageHeaders headers = key is null ? MessageHeaders.None : new MessageHeaders { Key = key };
            batch.Add(headers, Encoding.UTF8.GetBytes(body));
        }

        return batch;
    }

    public ReceivedMessages Read(int partition, long from, int max = 100)
    {
        Result<ReceivedMessages> result = Harness.Run(() => Broker.ReadRecords(
            Stream, TopicCursor.Select([new(partition, from)]), max, 0, CancellationToken.None));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value;
    }

    public string[] Bodies(int partition, long from = 0, int max = 100)
    {
        using ReceivedMessages records = Read(partition, from, max);
        return [.. Bodies(records)];
    }

    public static IEnumerable<string> Bodies(ReceivedMessages records)
    {
        for (int i = 0; i < records.Count; i++)
        {
            Assert.True(records.TryRead(i, out MessageView record));
            yield return Encoding.UTF8.GetString(record.Body);
        }
    }

    public IReadOnlyList<PartitionState> Partitions() => Harness.Run(() => Broker.ListPartitions(Stream)).Value;
}
