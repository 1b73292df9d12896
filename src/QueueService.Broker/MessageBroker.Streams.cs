using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>
/// Streams: partitions that are appended to and read by offset. Definitions are those of queues at the stream's
/// address.</summary>
public sealed partial class MessageBroker
{
    /// <summary>A page of the streams whose names start so.</summary>
    public ValueTask<Result<QueuePage>> ListStreams(
        string prefix, string? after, int limit, IReadOnlyList<TagFilter>? tags = null) =>
        List(new QueueListing(
            QueueName.StreamMark + prefix, after is null ? null : $"{QueueName.StreamMark}{after}/", limit, tags ?? [])
            {
                Kind = QueueKind.Stream,
            });

    /// <summary>Deletes a stream, its records and what reads it.</summary>
    public ValueTask<BrokerError> DeleteStream(StreamName name, Precondition precondition) =>
        DeleteTopic(name.Log, precondition);

    /// <summary>Appends the records of a batch, all or nothing. The batch stays the caller's, and says where its
    /// records are (<see cref="MessageBatch.PlaceOf"/>); it must not be disposed before the answer.</summary>
    /// <param name="producer">Null when retries are not to be recognised.</param>
    public ValueTask<Result<AppendOutcome>> Append(
        StreamName name, MessageBatch batch, ProducerState? producer = null, IdempotencyToken? token = null)
    {
        AppendCommand command = AppendCommand.Rent(name, batch, producer);
        command.Token = token;
        return Submit(command);
    }

    /// <summary>The next records of some partitions, waiting for the first one: go on at
    /// <see cref="ReceivedMessages.NextCursor"/>. Where a partition does not keep what was asked for,
    /// <see cref="ReceivedMessages.Lost"/> says how many are missing, and FirstCursor where it begins.</summary>
    /// <param name="from">A selection of partitions.</param>
    /// <param name="max">1 to <see cref="StreamLimits.MaxRecordsPerRead"/>.</param>
    public ValueTask<Result<ReceivedMessages>> ReadRecords(
        StreamName name, TopicCursor from, int max, int waitMilliseconds, CancellationToken cancellation) =>
        Read(name.Log, from, max, waitMilliseconds, cancellation);

    /// <summary>The records of these sequence numbers, in this order. Those that the stream does not keep any more are
    /// left out, and so are the last ones when all would be more than one answer carries: go on behind the last one
    /// that came.</summary>
    /// <param name="numbers">At most <see cref="StreamLimits.MaxRecordsPerRead"/>.</param>
    public ValueTask<Result<ReceivedMessages>> ReadRecordsAt(StreamName name, IReadOnlyList<long> numbers) =>
        Fetch(Query<ReceivedMessages>(shard => shard.FindQueue(name.Address) is { } stream
            ? TopicReading.ReadAt(stream, numbers, ReceivedMessages.Rent(stream, shard.Seal))
            : BrokerError.StreamNotFound));

    /// <summary>The partitions of a stream, in order.</summary>
    public ValueTask<Result<IReadOnlyList<PartitionState>>> ListPartitions(StreamName name) =>
        Query<IReadOnlyList<PartitionState>>(shard => shard.FindQueue(name.Address) is { } stream
            ? stream.Lanes.Select(lane => new PartitionState(
                lane.Number, Position.OffsetOf(lane.Floor), Position.OffsetOf(lane.End), lane.Held.Bytes)
            {
                AppendedPerSecond = stream.AppendRate(lane.Number, shard.Now),
                Compaction = stream.IsCompacted ? Compaction.StateOf(shard, stream, lane) : null,
            }).ToArray()
            : BrokerError.StreamNotFound);

    /// <summary>The first record of each partition that was appended at this time or later.</summary>
    /// <param name="time">Unix milliseconds; 0 for the oldest ones, long.MaxValue for the end.</param>
    public async ValueTask<Result<TopicCursor>> PlaceOf(StreamName name, long time) =>
        time == long.MaxValue ? await EndOf(name.Log) : await PlaceOf(name.Log, time);
}

/// <summary>A partition at one moment.</summary>
/// <param name="EarliestOffset">Of the oldest record that is kept; the end when there is none.</param>
/// <param name="EndOffset">Of the record that is appended next.</param>
/// <param name="Bytes">Of the records, as they are stored.</param>
public sealed record PartitionState(int Partition, long EarliestOffset, long EndOffset, long Bytes)
{
    /// <summary>Over about the last minute.</summary>
    public double AppendedPerSecond { get; init; }

    /// <summary>Null for a stream that is not compacted.</summary>
    public CompactionState? Compaction { get; init; }
}

/// <summary>How far a partition is compacted.</summary>
/// <param name="StoredBytes">Of its records as they are on disk, and of those that are in memory only.</param>
/// <param name="DirtyBytes">The part of it that was not compacted yet.</param>
/// <param name="LastAt">When compaction wrote something of it last, Unix milliseconds; 0 when it never has.</param>
public sealed record CompactionState(long StoredBytes, long DirtyBytes, long LastAt);
