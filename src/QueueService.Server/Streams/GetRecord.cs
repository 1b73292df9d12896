using System.Buffers;
using System.IO.Pipelines;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

internal static class GetRecord
{
    private static readonly Operation Description = new(
        "getRecord", Tags.Streams, "Read one record as it was sent",
        "Its own bytes with its content type; its key, time and headers are HTTP headers.")
    {
        Replies = [new(200, "The record.", new Content("*/*", "Bytes", "hello"))],
        Problems =
        [
            StreamProblems.StreamNotFound, StreamProblems.PartitionNotFound, StreamProblems.RecordNotFound,
            StreamProblems.RecordCompacted, StreamProblems.OffsetOutOfRange, StreamProblems.TierUnavailable,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", StreamRoutes.PartitionRecords + "/{offset}", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        PartitionReading reading = new(host, http.Stream(ref problem), http.Partition(ref problem));
        RequestQuery.Read(http, [], ref problem);
        if (!RecordPlace.TryParse(http.PathValue("offset"), out RecordPlace place) || place.Offset is null)
            Problem.Blame(ref problem, "offset", "in the path must be an integer of at least 0.");
        ReceivedMessages? records = null;
        if (problem is null) (records, problem) = await reading.Read(place, 1, 0, CancellationToken.None);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        using (records)
        {
            if (!Start(http, records!, place.Offset!.Value))
            {
                bool isHole = records!.IsCompacted && records.Count > 0;
                await new Problem(isHole ? StreamProblems.RecordCompacted : StreamProblems.RecordNotFound).Write(http);
                await host.ReportDamage(records!);
                return;
            }

            await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        }
    }

    private static bool Start(HttpContext http, ReceivedMessages records, long offset)
    {
        if (records.Count == 0 || !records.TryRead(0, out MessageView record) || record.Offset != offset) return false;
        WriteHeaders(http.Response, in record);
        http.Response.BodyWriter.Write(record.Body);
        return true;
    }

    public static void WriteHeaders(HttpResponse response, in MessageView record)
    {
        if (record.HasHeaders) RawHeaders.Write(response.Headers, record.ReadHeaders());
        response.Headers["Message-Partition"] = record.Partition.ToString();
        response.Headers["Message-Offset"] = record.Offset.ToString();
        response.Headers["Message-Sent-At"] = Rfc3339.Format(record.SentAt);
        if (record.IsTombstone) response.Headers["Message-Tombstone"] = "true";
        response.ContentType = record.ContentType;
        response.ContentLength = record.Body.Length;
    }
}
