using QueueService.Broker;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;

namespace QueueService.Server.Service;

/// <summary>The metrics of streams and their consumer groups.</summary>
internal sealed class StreamMetrics(MetricsText text)
{
    private readonly MetricsText.Metric _appended = text.Counter(
        "stream_appended_total", "Records ever appended to a partition, which is the offset that comes next.");

    private readonly MetricsText.Metric _earliest = text.Gauge(
        "stream_earliest_offset", "The oldest record that a partition keeps.");

    private readonly MetricsText.Metric _bytes = text.Gauge(
        "stream_bytes", "Bytes of the records of a partition, as they are stored.");

    private readonly MetricsText.Metric _members = text.Gauge("group_members", "Members of a consumer group.");

    private readonly MetricsText.Metric _lag = text.Gauge(
        "group_lag_records", "Records that are kept and were not committed.");

    private readonly MetricsText.Metric _lagSeconds = text.Gauge(
        "group_lag_seconds", "Age of the oldest record that is kept and was not committed.");

    private readonly MetricsText.Metric _committed = text.Gauge(
        "group_committed_offset", "The offset that a group reads next.");

    private readonly MetricsText.Metric _missed = text.Counter(
        "group_missed_total", "Records that were not kept until the group read them.");

    public void Add(StreamName stream, IReadOnlyList<PartitionState> partitions)
    {
        foreach (PartitionState partition in partitions)
        {
            string labels = $"stream=\"{stream.Value}\",partition=\"{partition.Partition}\"";
            _appended.Sample(partition.EndOffset, labels);
            _earliest.Sample(partition.EarliestOffset, labels);
            _bytes.Sample(partition.Bytes, labels);
        }
    }

    public void Add(GroupDescription group)
    {
        string name = $"stream=\"{group.Name.Stream.Value}\",group=\"{group.Name.Value}\"";
        _members.Sample(group.Members.Count, name);
        foreach (GroupPartition partition in group.Partitions)
        {
            string labels = $"{name},partition=\"{partition.Partition}\"";
            _lag.Sample(partition.Lag, labels);
            _lagSeconds.Sample(partition.LagMilliseconds / 1_000, labels);
            if (partition.Committed is { } committed) _committed.Sample(committed, labels);
            _missed.Sample(partition.MissedTotal, labels);
        }
    }
}
