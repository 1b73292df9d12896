using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Storage;

namespace QueueService.Broker.Shards;

/// <summary>What is written about durable streams.</summary>
internal sealed partial class Shard
{
    public ForkCounts Forks { get; } = new();

    /// <summary>Writes what an append does, in the open frame.</summary>
    public void WriteDurable(MessageQueue stream, DurableStreamAppend append, MessageBatch batch)
    {
        long first = Position.OffsetOf(stream.Main.End);
        Span<int> records = stackalloc int[batch.Count];
        for (int i = 0; i < records.Length; i++) records[i] = i;
        if (batch.Count > 0) WriteAppended(stream, 0, batch, records);
        if (append.Sequence is { } sequence)
        {
            _scratch.ResetWrittenCount();
            _scratch.WriteText(sequence);
            Write(stream, QueueRecord.Sequenced, _scratch.WrittenSpan);
        }

        if (append.Producer is { } producer)
        {
            WriteProduced(stream, producer, new AppendedRuns(
                Now, Partitions: 1, Sticky: 0, batch.Count > 0 ? [(0, first, batch.Count)] : []));
        }

        if (append.Closes) Write(stream, QueueRecord.Closed, []);
    }

    /// <summary>Answers everybody who waits at a stream's end: nothing more comes.</summary>
    public void EndReading(MessageQueue stream)
    {
        while (stream.Waiters.First is { } reader)
        {
            if (!reader.Value.TryServe(this)) reader.Value.AnswerEmpty(this);
            Finish(reader.Value, _ended);
        }
    }
}
