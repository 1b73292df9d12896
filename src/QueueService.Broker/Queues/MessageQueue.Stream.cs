using QueueService.Broker.Streams;

namespace QueueService.Broker.Queues;

/// <summary>A stream: a topic whose lanes are partitions.</summary>
internal sealed partial class MessageQueue
{
    /// <summary>Of a stream only.</summary>
    public ProducerTable Producers { get; } = new();

    public int Partitions => Config.Stream?.Partitions ?? 0;

    /// <summary>Some of its offsets may have no record.</summary>
    public bool IsCompacted => Config.Stream is { IsCompacted: true };

    /// <summary>Not folded: the partition of the next request whose records have no key. A request stays in one partition,
    /// and the next one goes to another.</summary>
    public int NextSticky
    {
        get => field % Partitions;
        set;
    }

    private void OpenPartitions()
    {
        for (int partition = 1; partition < Partitions; partition++) OpenLane(partition);
    }

    private void ApplyAppended(ReadOnlySpan<byte> payload, long time)
    {
        var reader = new SpanReader(payload);
        Lane lane = FindLane((int)reader.ReadVarint())!;
        int count = (int)reader.ReadVarint();
        for (int i = 0; i < count; i++) lane.Append(time, reader.ReadBytes((int)reader.ReadVarint()));
        SentTotal += count;
        TouchedAt = time;
    }
}
