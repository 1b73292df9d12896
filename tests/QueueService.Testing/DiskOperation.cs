namespace QueueService.Testing;

/// <summary>What the simulated disk counts, traces and can be told to fail. From <see cref="Create"/> on they change
/// the disk.</summary>
public enum DiskOperation
{
    Open,
    Read,
    List,
    StartWriteback,
    Create,
    Write,
    SetLength,
    Sync,
    SyncDirectory,
    SyncAll,
    Rename,
    Delete,
    CreateFolder,
    DeleteFolder,
}

/// <summary>How an operation fails.</summary>
public enum DiskFault
{
    /// <summary>EIO: an <see cref="IOException"/>. A sync that fails so loses the writes that it should have made
    /// durable.</summary>
    InputOutputError,

    /// <summary>ENOSPC: a <see cref="Storage.Files.DiskFullException"/> that changed nothing.</summary>
    DiskFull,
}

/// <summary>One operation, as it is about to happen.</summary>
/// <param name="Path">The file or folder; the source of a rename.</param>
/// <param name="Position">Where a read, write or writeback starts; else 0.</param>
/// <param name="Length">Bytes read or written, or the new length; else 0.</param>
public readonly record struct DiskEvent(DiskOperation Operation, string Path, long Position, long Length);
