namespace QueueService.Storage.Tiering;

/// <summary>Where sealed segments of streams may go, and how their bytes come back.</summary>
public sealed record TierOptions
{
    /// <summary>Disposed with the store.</summary>
    public required IObjectStore Objects { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Bytes of blocks that are kept on the local disk after they were read. What is being read right now
    /// stays beyond it.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>One read of the object store: a request costs tens of milliseconds, in which a megabyte comes as well.
    /// </summary>
    public int BlockBytes { get; init; } = 1 << 20;

    /// <summary>An upload takes at most so many bytes per second, so that it leaves disk and network to others; 0: any
    /// number.</summary>
    public long UploadBytesPerSecond { get; init; } = 64 << 20;

    /// <summary>Reads of the object store at once: bounds the memory of blocks on their way.</summary>
    public int MaxReads { get; init; } = 16;

    /// <summary>After so long a read has failed.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Is told of every failed read, upload and deletion, from any thread. Must neither block nor fail.
    /// </summary>
    public Action<Exception>? Failed { get; init; }
}
