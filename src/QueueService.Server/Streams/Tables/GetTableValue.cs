using System.Buffers;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.Tables;

internal static class GetTableValue
{
    private static readonly Operation Description = new(
        "getTableValue", Tags.Streams, "Read the newest value of a key",
        "Of a stream that is compacted: the body of the newest record with this key, with its content type; its " +
        "place, time and headers are HTTP headers. Everything that was acknowledged before the request is in it. " +
        "With `If-None-Match` an unchanged value is a 304. A key that was never set, or whose newest record is a " +
        "tombstone, is a 404.")
    {
        Parameters =
        [
            new("If-None-Match", "String", "The ETag of the value that is known already.", "\"1f-0-41\"",
                ParameterPlace.Header),
        ],
        Replies =
        [
            new(200, "The value.", new Content("*/*", "Bytes", "hello")) { Headers = ["ETag"] },
            new(304, "The value is that of the ETag."),
        ],
        Problems =
        [
            StreamProblems.StreamNotFound, TableProblems.KeyNotFound, TableProblems.NotCompacted,
            TableProblems.Loading, TableProblems.TooManyKeys,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TableRoutes.Value, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        StreamName stream = http.Stream(ref problem);
        string key = http.TableKey(ref problem);
        RequestQuery.Read(http, [], ref problem);
        TableRow? row = null;
        if (problem is null) (row, problem) = await host.Tables.Of(stream).Find(key, http.RequestAborted);
        if (problem is null && row is null) problem = new Problem(TableProblems.KeyNotFound);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<ReceivedMessages> read = await host.Broker.ReadRecordsAt(stream, [row!.Value.Position]);
        if (!read.Succeeded)
        {
            await read.Error.Write(http);
            return;
        }

        using ReceivedMessages records = read.Value;
        if (!Start(http, records))
        {
            // Retention took it a moment ago.
            await new Problem(TableProblems.KeyNotFound).Write(http);
            await host.ReportDamage(records);
            return;
        }

        await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
    }

    private static bool Start(HttpContext http, ReceivedMessages records)
    {
        if (records.Count == 0 || !records.TryRead(0, out MessageView record)) return false;
        HttpResponse response = http.Response;
        string tag = $"\"{records.Source:x}-{record.Partition}-{record.Offset}\"";
        response.Headers.ETag = tag;
        response.Headers.CacheControl = "private, no-cache";
        if (http.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return true;
        }

        GetRecord.WriteHeaders(response, in record);
        response.BodyWriter.Write(record.Body);
        return true;
    }
}
