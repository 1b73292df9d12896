namespace QueueService.Broker.QueueViews;

/// <summary>Records that a queue view has not dealt with and that its stream does not keep any more.</summary>
/// <param name="Lost">How many, of all partitions.</param>
/// <param name="Partitions">Where they were, in order.</param>
public sealed record ViewGap(long Lost, IReadOnlyList<PartitionGap> Partitions);

/// <summary>Some offsets of a partition are gone, those among them that were acknowledged before not counted.</summary>
/// <param name="To">Of the first record that is still there.</param>
public readonly record struct PartitionGap(int Partition, long From, long To);
