namespace QueueService.Broker.QueueViews;

/// <summary>Bounds of a queue view's memory, beside those of every queue.</summary>
public static class QueueViewLimits
{
    /// <summary>Blocks of 65,536 offsets in which some records are acknowledged and others not, of all partitions: 8
    /// KiB each, 32 MiB together. The partitions share them equally.</summary>
    public const int HoleBlocks = 4_096;

    /// <summary>What a partition may have of them in any case: a million records between the oldest that is not
    /// acknowledged and the newest that is. With 1,024 partitions that is 128 MiB at most.</summary>
    public const int MinHoleBlocks = 16;
}
