using QueueService.Broker;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Storage.Logs;

namespace QueueService.Server.Streams;

internal static class ListSegments
{
    public static readonly string[] Locations = ["local", "remote"];

    private const string Example = """
        {"items":[{"baseOffset":0,"lastOffset":9999,"records":10000,"bytes":67108864,
        "firstTimestamp":"2026-11-21T10:00:00.000Z","lastTimestamp":"2026-11-21T10:05:00.000Z","location":"remote"}]}
        """;

    private static readonly string[] Parameters = ["limit", "cursor"];

    private static readonly Operation Description = new(
        "listSegments", Tags.Streams, "Read the segments of a partition",
        "How its records are stored, in the order of their offsets, and which of them have left for the object " +
        "store. The newest records are in no segment yet, and what retention took may be listed for a minute.")
    {
        Parameters = [Schemas.Limit, Schemas.Cursor],
        Replies = [new(200, "A page of segments.", Content.Json("SegmentPage", Example)) { Headers = ["Link"] }],
        Problems = [StreamProblems.StreamNotFound, StreamProblems.PartitionNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", StreamRoutes.Partitions + "/{partition}/segments", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        StreamName stream = http.Stream(ref problem);
        int partition = http.Partition(ref problem);
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        int limit = Pages.ReadLimit(query[0], ref problem);
        long from = Pages.ReadSegment(query[1], ref problem);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<IReadOnlyList<SegmentState>> result = await host.Broker.ListSegments(stream, partition, from, limit);
        await (result.Succeeded ? Answer(http, result.Value, limit) : result.Error.Write(http));
    }

    private static Task Answer(HttpContext http, IReadOnlyList<SegmentState> segments, int limit)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"items\":["u8);
        for (int i = 0; i < segments.Count; i++)
        {
            SegmentState segment = segments[i];
            output.Raw(i > 0 ? ",{\"baseOffset\":"u8 : "{\"baseOffset\":"u8).Number(segment.BaseOffset)
                .Raw(",\"lastOffset\":"u8).Number(segment.LastOffset)
                .Raw(",\"records\":"u8).Number(segment.Records)
                .Raw(",\"bytes\":"u8).Number(segment.Bytes);
            if (segment.FirstTime is { } first) output.Raw(",\"firstTimestamp\":"u8).Instant(first);
            output.Raw(",\"lastTimestamp\":"u8).Instant(segment.LastTime)
                .Raw(",\"location\":"u8).Text(Locations[segment.IsRemote ? 1 : 0]).Raw("}"u8);
        }

        Pages.Close(http, output, segments.Count < limit ? null : Pages.FromSegment(segments[^1].LastOffset + 1));
        return http.Answer(200, Answers.Json, output);
    }
}
