using QueueService.Broker;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams;

internal static class ListPartitions
{
    private static readonly Operation Description = new(
        "listPartitions", Tags.Streams, "Read the partitions of a stream",
        "All of them, with the offsets where each begins and ends at this moment.")
    {
        Replies =
        [
            new(200, "The partitions.", Content.Json(
                "PartitionPage", """{"items":[{"partition":0,"earliestOffset":0,"endOffset":40,"bytes":4096,"appendedPerSecond":0.5}]}""")),
        ],
        Problems = [StreamProblems.StreamNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", StreamRoutes.Partitions, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        StreamName stream = http.Stream(ref problem);
        RequestQuery.Read(http, [], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<IReadOnlyList<PartitionState>> result = await host.Broker.ListPartitions(stream);
        await (result.Succeeded ? Answer(http, result.Value) : result.Error.Write(http));
    }

    private static void Write(JsonOutput output, CompactionState compaction)
    {
        output.Raw(",\"dirtyBytes\":"u8).Number(compaction.DirtyBytes);
        if (compaction.LastAt > 0) output.Raw(",\"compactedAt\":"u8).Instant(compaction.LastAt);
    }

    private static Task Answer(HttpContext http, IReadOnlyList<PartitionState> partitions)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        for (int i = 0; i < partitions.Count; i++)
        {
            PartitionState partition = partitions[i];
            output.Raw(i > 0 ? ",{\"partition\":"u8 : "{\"partition\":"u8).Number(partition.Partition)
                .Raw(",\"earliestOffset\":"u8).Number(partition.EarliestOffset)
                .Raw(",\"endOffset\":"u8).Number(partition.EndOffset)
                .Raw(",\"bytes\":"u8).Number(partition.Compaction?.StoredBytes ?? partition.Bytes)
                .Raw(",\"appendedPerSecond\":"u8).Rate(partition.AppendedPerSecond);
            if (partition.Compaction is { } compaction) Write(output, compaction);
            output.Raw("}"u8);
        }

        output.Raw("]}"u8);
        return http.Answer(200, Answers.Json, output);
    }
}
