using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Streams;

/// <summary>Reads records of one partition, and says so when it does not have them.</summary>
internal readonly record struct PartitionReading(BrokerHost Host, StreamName Stream, int Partition)
{
    /// <summary>The next records; what is wrong instead is the problem. The caller disposes the records.</summary>
    public async ValueTask<(ReceivedMessages? Records, Problem? Problem)> Read(
        RecordPlace place, int max, int waitMilliseconds, CancellationToken cancellation)
    {
        Result<TopicCursor> from = await place.Find(Host, Stream, Partition);
        if (!from.Succeeded) return (null, BrokerProblems.Of(from.Error));
        Result<ReceivedMessages> result =
            await Host.Broker.ReadRecords(Stream, from.Value, max, waitMilliseconds, cancellation);
        if (!result.Succeeded) return (null, BrokerProblems.Of(result.Error));
        ReceivedMessages records = result.Value;
        Problem? problem = Check(records, place.Offset);
        if (problem is null) return (records, null);
        records.Dispose();
        return (null, problem);
    }

    /// <param name="asked">The offset that was named; whoever named none takes what is there.</param>
    private Problem? Check(ReceivedMessages records, long? asked)
    {
        if (records.EndCursor?.OffsetIn(Partition) is not { } end) return new Problem(StreamProblems.PartitionNotFound);
        if (asked is not { } offset) return null;
        long earliest = records.Lost > 0 ? records.FirstCursor!.OffsetIn(Partition)!.Value : 0;
        if (records.Lost == 0 && offset <= end) return null;
        return new Problem(
            StreamProblems.OffsetOutOfRange,
            offset > end ? $"Offset {offset} lies beyond the end, {end}." : $"Offset {offset} lies before {earliest}.")
            .Telling("earliestOffset", earliest).Telling("endOffset", end);
    }
}
