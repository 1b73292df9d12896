using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Service;

internal static class GetMetrics
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string Example = """
        # HELP queueservice_group_lag_records Records that are kept and were not committed.
        # TYPE queueservice_group_lag_records gauge
        queueservice_group_lag_records{stream="clicks",group="billing",partition="0"} 2
        """;

    private static readonly Operation Description = new(
        "getMetrics", Tags.Service, "Read the metrics",
        "In the text format of Prometheus: the whole service, every partition of every stream, and every consumer " +
        "group. Rates are for Prometheus to make, of the counters.")
    {
        Replies = [new(200, "The metrics.", new Content("text/plain", "String", Example))],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("GET", "/metrics", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        RequestQuery.Read(http, [], ref problem);
        Result<BrokerTotals> totals = problem is null ? await host.Broker.GetTotals() : default;
        if (problem is null && !totals.Succeeded) problem = BrokerProblems.Of(totals.Error);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        MetricsText text = new();
        Write(text, totals.Value);
        await WriteStreams(text, host.Broker);
        http.Response.Headers.CacheControl = "no-store";
        await http.Answer(200, ContentType, text.Finish());
    }

    private static void Write(MetricsText text, BrokerTotals totals)
    {
        text.Gauge("queues", "Queues that exist.").Sample(totals.Queues);
        text.Gauge("messages", "Messages and records that are kept, in all queues, topics and streams.")
            .Sample(totals.Messages);
        text.Gauge("bytes", "Their bytes, as they are stored.").Sample(totals.Bytes);
        text.Gauge("leased", "Messages that are leased.").Sample(totals.Leased);
        text.Gauge("waiters", "Receives and reads that wait.").Sample(totals.Waiters);
        text.Counter("sent_total", "Messages and records that were ever sent.").Sample(totals.SentTotal);
        text.Counter("received_total", "Deliveries.").Sample(totals.ReceivedTotal);
        text.Counter("deleted_total", "Messages that were acknowledged.").Sample(totals.DeletedTotal);
    }

    private static async Task WriteStreams(MetricsText text, MessageBroker broker)
    {
        StreamMetrics streams = new(text);
        string? after = null;
        do
        {
            Result<QueuePage> page = await broker.ListStreams("", after, Limits.PageItems);
            if (!page.Succeeded) return;
            foreach (QueueDescription stream in page.Value.Queues)
                await WriteStream(streams, broker, StreamName.At(stream.Name));
            after = page.Value.Next is null ? null : StreamName.At(page.Value.Queues[^1].Name).Value;
        }
        while (after is not null);
    }

    private static async Task WriteStream(StreamMetrics metrics, MessageBroker broker, StreamName stream)
    {
        Result<IReadOnlyList<PartitionState>> partitions = await broker.ListPartitions(stream);
        if (!partitions.Succeeded) return;
        metrics.Add(stream, partitions.Value);
        string? after = null;
        do
        {
            Result<GroupPage> page = await broker.ListGroups(stream, "", after, Limits.PageItems);
            if (!page.Succeeded) return;
            foreach (GroupDescription listed in page.Value.Groups)
            {
                Result<GroupDescription> group = await broker.GetGroup(listed.Name);
                if (group.Succeeded) metrics.Add(group.Value);
            }

            after = page.Value.Next;
        }
        while (after is not null);
    }
}
