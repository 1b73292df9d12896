using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Streams.Live;

namespace QueueService.Server.Streams.Tables;

internal static class ScanTable
{
    private static readonly string[] Parameters = ["prefix", "limit", "cursor", "lastEventId"];

    private const string Page =
        $$"""{"items":[{{RecordJson.Example}}],"asOf":"0:42,1:7"}""";

    private static readonly Operation Description = new(
        "scanTable", Tags.Streams, "Read the newest value of each key",
        "Of a stream that is compacted, in ordinal order of the keys. All pages show the table as it was at the " +
        "first one, `asOf`: the offset that came next in each partition. Follow `nextCursor` within five minutes; " +
        "after that, and after a restart, start again. With `Accept: text/event-stream` every row is a `record` " +
        "event, then comes `ready`, and then every change as a `record` event: one without a body says that the key " +
        "has no value any more. A reader that reconnects with the id of `ready` or of a later event gets the changes " +
        "since; before `ready` no event has an id, so it gets the rows again. `asOf` is such an id, too.")
    {
        Parameters =
        [
            new("prefix", "String", "Only keys that begin so.", "customer-"),
            new("limit", "Limit", "Rows of one page.", "100"),
            new("cursor", "String", "`nextCursor` of the page before.", "dDEyMzQ1OmN1c3RvbWVyLTc"),
            new("lastEventId", "String", "Of events: same as Last-Event-ID.", "0:42,1:7"),
            new("Last-Event-ID", "String", "The id of the last event that was read. Browsers that reconnect send it.",
                "0:42,1:7", ParameterPlace.Header),
        ],
        Replies =
        [
            new(200, "A page of rows, or rows and changes as events.", Content.Json("TablePage", Page),
                new Content(ServerSentEvents.ContentType, "Events", FollowTable.Example)) { Headers = ["Link"] },
        ],
        Problems =
        [
            StreamProblems.StreamNotFound, TableProblems.NotCompacted, TableProblems.Loading,
            TableProblems.TooManyKeys, TableProblems.TooManyScans, TableProblems.ScanExpired,
            ProblemKind.TooManyTopicReaders,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", TableRoutes.Table, Handle, Description);

    public static Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        StreamName stream = http.Stream(ref problem);
        QueryValues query = RequestQuery.Read(http, Parameters, ref problem);
        string prefix = query[0]?.ToString() ?? "";
        http.Response.Headers.Vary = "Accept";
        bool isLive = http.Request.Headers.Accept.ToString()
            .Contains(ServerSentEvents.ContentType, StringComparison.OrdinalIgnoreCase);
        for (int i = 1; i <= 3; i++)
        {
            if (query[i] is not null && isLive != (i == 3))
                Problem.Blame(ref problem, "?" + Parameters[i], $"is for {(isLive ? "pages" : "events")}.");
        }

        if (isLive) return FollowTable.Handle(http, host, new TableRequest(stream, prefix), problem);
        int limit = Pages.ReadLimit(query[1], ref problem);
        (long Scan, string After)? cursor = Pages.ReadTable(query[2], ref problem);
        return problem is null
            ? AnswerPage(http, host, new TableRequest(stream, prefix) { Limit = limit, Cursor = cursor })
            : problem.Write(http);
    }

    private static async Task AnswerPage(HttpContext http, BrokerHost host, TableRequest request)
    {
        StreamTable table = host.Tables.Of(request.Stream);
        TableScan? scan;
        Problem? problem = null;
        if (request.Cursor is { } cursor)
        {
            scan = await table.Resume(cursor.Scan);
            if (scan is null) problem = new Problem(TableProblems.ScanExpired);
        }
        else
        {
            (scan, problem) = await table.Scan(http.RequestAborted);
        }

        if (problem is null) problem = await AnswerPage(http, host, request, scan!);
        if (problem is not null) await problem.Write(http);
    }

    private static async Task<Problem?> AnswerPage(
        HttpContext http, BrokerHost host, TableRequest request, TableScan scan)
    {
        ReadOnlyMemory<TableRow> rows = scan.Page(request.Prefix, request.Cursor?.After, request.Limit);
        (TableValues? values, Problem? problem) = await TableValues.Read(host, request.Stream, rows);
        if (problem is not null) return problem;
        using (values)
        {
            bool isLast = scan.Page(request.Prefix, values!.Last.Key ?? "", 1).IsEmpty || rows.IsEmpty;
            StreamTable table = host.Tables.Of(request.Stream);
            long? number = request.Cursor?.Scan;
            if (isLast && number is { } read) await table.Finish(read);
            else if (!isLast && number is null && (number = await table.Keep(scan)) is null)
                return new Problem(TableProblems.TooManyScans);
            JsonOutput output = JsonOutput.Rent();
            output.Raw("{\"asOf\":"u8).Text(OffsetVector.Format(scan.AsOf)).Raw(",\"items\":["u8);
            values.WriteRows(output);
            Pages.Close(http, output, isLast ? null : Pages.AfterRow(number!.Value, values.Last.Key!));
            await http.Answer(StatusCodes.Status200OK, Answers.Json, output);
            await host.ReportDamage(values.Records);
            return null;
        }
    }
}

/// <summary>What a reader wants of a table.</summary>
internal sealed record TableRequest(StreamName Stream, string Prefix)
{
    public int Limit { get; init; }

    /// <summary>The number of a scan and the key before the page; null for the first page.</summary>
    public (long Scan, string After)? Cursor { get; init; }
}
