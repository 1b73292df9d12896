using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Topics.Live;

namespace QueueService.Server.Streams.Live;

/// <summary>Records of some partitions, or of one key.</summary>
/// <param name="partitions">Null for all.</param>
/// <param name="key">UTF-8; null for any.</param>
internal sealed class RecordFilter(IReadOnlySet<int>? partitions, byte[]? key) : FeedFilter
{
    public override bool NeedsMessage => key is not null;

    public override bool Matches(FeedEvent next) => IsWanted(TopicCursor.PartitionOf(next.SequenceNumber!.Value))
        && (key is null || next.Message is null || next.Message.Key.SequenceEqual(key));

    public override bool Matches(in MessageView message) =>
        IsWanted(message.Partition) && (key is null || message.Key.SequenceEqual(key));

    private bool IsWanted(int partition) => partitions?.Contains(partition) != false;
}

/// <summary>Records whose keys begin so.</summary>
/// <param name="prefix">UTF-8.</param>
internal sealed class KeyPrefixFilter(byte[] prefix) : FeedFilter
{
    public override bool NeedsMessage => true;

    public override bool Matches(FeedEvent next) => next.Message is null || next.Message.Key.StartsWith(prefix);

    public override bool Matches(in MessageView message) => message.Key.StartsWith(prefix);
}
