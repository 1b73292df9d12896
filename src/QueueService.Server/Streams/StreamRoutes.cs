using QueueService.Server.Streams.Live;
using QueueService.Server.Streams.Tables;

namespace QueueService.Server.Streams;

/// <summary>The addresses of streams, one slice each.</summary>
internal static class StreamRoutes
{
    public const string Streams = "/v1/streams";
    public const string Stream = Streams + "/{stream}";
    public const string Records = Stream + "/records";
    public const string Partitions = Stream + "/partitions";
    public const string PartitionRecords = Partitions + "/{partition}/records";

    public static void Map(IEndpointRouteBuilder routes)
    {
        ListStreams.Map(routes);
        PutStream.Map(routes);
        GetStream.Map(routes);
        PatchStream.Map(routes);
        DeleteStream.Map(routes);
        AppendRecord.Map(routes);
        AppendRecordBatch.Map(routes);
        ListPartitions.Map(routes);
        ListSegments.Map(routes);
        ReadRecords.Map(routes);
        GetRecord.Map(routes);
        StreamRecords.Map(routes);
        FollowStream.Map(routes);
        TableRoutes.Map(routes);
    }
}
