namespace QueueService.Storage;

/// <summary>One log of one resource. A standard queue has lane 0 only.</summary>
public readonly record struct LogId(uint Resource, ushort Lane)
{
    internal ulong Identity => ((ulong)Resource << 16) | Lane;
}
