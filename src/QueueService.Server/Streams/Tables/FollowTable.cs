using System.Text;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.Streams.Live;
using QueueService.Server.Topics.Live;

namespace QueueService.Server.Streams.Tables;

/// <summary>A table as events: its rows, and then its changes.</summary>
internal static class FollowTable
{
    /// <summary>Rows of one question to the broker: as many small ones as one write takes.</summary>
    private const int PageRows = 128;

    public static readonly string Example =
        "retry: 2000\n\nevent: record\ndata: " + RecordJson.Example.ReplaceLineEndings("") +
        "\n\nevent: ready\nid: 0:42,1:7\ndata: {\"keys\":1}\n\n: heartbeat\n\n";

    public static Task Handle(HttpContext http, BrokerHost host, TableRequest request, Problem? problem)
    {
        string? header = http.Request.Headers["Last-Event-ID"];
        string? id = header ?? http.Request.Query["lastEventId"];
        Dictionary<int, long>? after = null;
        if (!string.IsNullOrEmpty(id) && !OffsetVector.TryParse(id, out after))
            Problem.Blame(
                ref problem, header is null ? "?lastEventId" : "Last-Event-ID",
                "is not the id of an event of a stream.");
        return LiveReading.Admit(
            http, host, problem, () => string.IsNullOrEmpty(id) ? Begin(http, host, request) : Resume(
                http, host, request, after!));
    }

    private static async Task Begin(HttpContext http, BrokerHost host, TableRequest request)
    {
        (TableScan? scan, Problem? problem) = await host.Tables.Of(request.Stream).Scan(http.RequestAborted);
        Result<TopicCursor> end = default;
        if (problem is null)
        {
            end = await host.Broker.PlaceOf(request.Stream, long.MaxValue);
            if (!end.Succeeded) problem = BrokerProblems.Of(end.Error);
        }

        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        // A partition that was added since is read from its beginning.
        TopicCursor from = end.Value.Moved(end.Value.Places.Select(
            place => KeyValuePair.Create(place.Key, scan!.AsOf.OffsetIn(place.Key) ?? 0)));
        await Reading(request, from, end.Value, response => WriteRows(response, host, request, scan!)).Run(http, host);
    }

    private static async Task Resume(
        HttpContext http, BrokerHost host, TableRequest request, Dictionary<int, long> after)
    {
        Result<QueueDescription> described = await host.Broker.GetQueue(request.Stream.Address);
        Result<TopicCursor> end =
            described.Succeeded ? await host.Broker.PlaceOf(request.Stream, long.MaxValue) : described.Error;
        if (!end.Succeeded)
        {
            await end.Error.Write(http);
            return;
        }

        if (described.Value.Config.Stream!.Cleanup == CleanupPolicy.Delete)
        {
            await new Problem(TableProblems.NotCompacted).Write(http);
            return;
        }

        (TopicCursor from, bool hasGap) = OffsetVector.Resume(after, end.Value, static (_, _) => 0);
        await (Reading(request, from, end.Value, null) with { BeginsWithGap = hasGap }).Run(http, host);
    }

    private static LiveReading Reading(
        TableRequest request, TopicCursor from, TopicCursor end, Func<LiveResponse, ValueTask<bool>>? greeting) =>
        new(request.Stream.Log, from, end)
        {
            Filter = request.Prefix.Length == 0 ? null : new KeyPrefixFilter(Encoding.UTF8.GetBytes(request.Prefix)),
            Greeting = greeting,
        };

    /// <summary>Without ids: whoever loses its connection here has to begin again.</summary>
    private static async ValueTask<bool> WriteRows(
        LiveResponse response, BrokerHost host, TableRequest request, TableScan scan)
    {
        JsonOutput output = JsonOutput.Rent();
        output.Retry(FeedEvents.RetryMilliseconds);
        long keys = 0;
        string? after = null;
        while (scan.Page(request.Prefix, after, PageRows) is { IsEmpty: false } rows)
        {
            (TableValues? values, Problem? problem) = await TableValues.Read(host, request.Stream, rows);
            if (problem is not null) return false;
            using (values)
            {
                keys += values!.WriteEvents(output);
                after = values.Last.Key;
                await host.ReportDamage(values.Records);
            }

            if (!await response.Write(output)) return false;
        }

        output.BeginEvent("ready"u8, OffsetVector.Format(scan.AsOf)).Raw("{\"keys\":"u8).Number(keys).Raw("}"u8)
            .EndEvent();
        return await response.Write(output);
    }
}
