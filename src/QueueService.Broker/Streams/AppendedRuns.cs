using System.Buffers;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Streams;

/// <summary>Where the records of one request are: enough to answer it again.</summary>
/// <param name="Timestamp">Unix milliseconds.</param>
/// <param name="Partitions">How many there were: keys were mapped by it.</param>
/// <param name="Sticky">Of the records without key and partition.</param>
/// <param name="Runs">By partition: the first offset and the number of records.</param>
internal sealed record AppendedRuns(
    long Timestamp, int Partitions, int Sticky, IReadOnlyList<(int Partition, long First, int Count)> Runs)
{
    public static AppendedRuns Read(ref SpanReader input)
    {
        long timestamp = (long)input.ReadVarint();
        int partitions = (int)input.ReadVarint();
        int sticky = (int)input.ReadVarint();
        var runs = new (int, long, int)[input.ReadVarint()];
        for (int i = 0; i < runs.Length; i++)
            runs[i] = ((int)input.ReadVarint(), (long)input.ReadVarint(), (int)input.ReadVarint());
        return new AppendedRuns(timestamp, partitions, sticky, runs);
    }

    public void Write(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)Timestamp);
        output.WriteVarint((ulong)Partitions);
        output.WriteVarint((ulong)Sticky);
        output.WriteVarint((ulong)Runs.Count);
        foreach ((int partition, long first, int count) in Runs)
        {
            output.WriteVarint((ulong)partition);
            output.WriteVarint((ulong)first);
            output.WriteVarint((ulong)count);
        }
    }

    /// <summary>The partition of a record, if there are so many; negative when there is no such one.</summary>
    public static int PartitionOf(MessageBatch batch, int index, int partitions, int sticky) =>
        batch.Options(index).Partition is { } explicitly ? (explicitly < partitions ? explicitly : -1)
        : batch.PartitionHash(index) is { } hash ? Partitioner.PartitionOf(hash, partitions)
        : sticky;

    /// <summary>Tells the records of a repeated request where they are; answers false when it is another request.
    /// </summary>
    public bool TryPlace(MessageBatch batch)
    {
        var next =
            Runs.ToDictionary(static run => run.Partition, static run => (run.First, End: run.First + run.Count));
        for (int i = 0; i < batch.Count; i++)
        {
            int partition = PartitionOf(batch, i, Partitions, Sticky);
            if (!next.TryGetValue(partition, out (long First, long End) run) || run.First == run.End) return false;
            batch.Place(i, partition, run.First);
            next[partition] = (run.First + 1, run.End);
        }

        return next.Values.All(static run => run.First == run.End);
    }
}
