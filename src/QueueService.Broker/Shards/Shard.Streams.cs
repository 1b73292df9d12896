using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Storage;

namespace QueueService.Broker.Shards;

/// <summary>What is written about streams.</summary>
internal sealed partial class Shard
{
    /// <summary>Writes records into one partition, in the open frame.</summary>
    /// <param name="records">Their places in the batch.</param>
    public void WriteAppended(MessageQueue stream, int partition, MessageBatch batch, ReadOnlySpan<int> records)
    {
        int length = RecordWriting.MeasureVarint((ulong)partition) + RecordWriting.MeasureVarint((ulong)records.Length);
        foreach (int index in records)
        {
            int bytes = batch.Message(index).Length;
            length += RecordWriting.MeasureVarint((ulong)bytes) + bytes;
        }

        Span<byte> payload = Store.AddRecord(stream.Resource, (byte)QueueRecord.Appended, length);
        int at = RecordWriting.WriteVarint(payload, (ulong)partition);
        at += RecordWriting.WriteVarint(payload[at..], (ulong)records.Length);
        foreach (int index in records)
        {
            ReadOnlySpan<byte> record = batch.Message(index);
            at += RecordWriting.WriteVarint(payload[at..], (ulong)record.Length);
            record.CopyTo(payload[at..]);
            at += record.Length;
        }

        stream.Apply(new JournalRecord(
            stream.Resource, (byte)QueueRecord.Appended, Store.NextSequence, Now, payload));
    }

    /// <summary>Writes down, in the open frame, which request of a producer this is.</summary>
    public void WriteProduced(MessageQueue stream, ProducerState producer, AppendedRuns runs)
    {
        _scratch.ResetWrittenCount();
        ProducerTable.Write(_scratch, producer, runs);
        Write(stream, QueueRecord.Produced, _scratch.WrittenSpan);
    }
}
