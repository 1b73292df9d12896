using QueueService.Broker.Streams;

namespace QueueService.Broker.Queues;

/// <summary>A stream: a topic whose lanes are partitions.</summary>
internal sealed partial class MessageQueue
{
    /// <summary>Of a stream only, so made when somebody asks.</summary>
    public ProducerTable Producers => field ??= new ProducerTable();

    /// <summary>By partition, with what was appended to each since it was last replayed or started.</summary>
    private RateMeter[] _appends = [];

    public int Partitions => Config.Stream?.Partitions ?? 0;

    /// <summary>Some of its offsets may have no record.</summary>
    public bool IsCompacted => Config.Stream is { IsCompacted: true };

    /// <summary>Not folded: the partition of the next request whose records have no key. A request stays in one
    /// partition, and the next one goes to another.</summary>
    public int NextSticky
    {
        get => field % Partitions;
        set;
    }

    /// <summary>Records per second, over about the last minute.</summary>
    public double AppendRate(int partition, long now) =>
        partition < _appends.Length ? _appends[partition].PerSecond(now) : 0;

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
        if (lane.Number >= _appends.Length) Array.Resize(ref _appends, Math.Max(Partitions, lane.Number + 1));
        _appends[lane.Number].Add(count, time);
        SentTotal += count;
        TouchedAt = time;
    }
}
