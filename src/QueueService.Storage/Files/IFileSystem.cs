namespace QueueService.Storage.Files;

/// <summary>
/// The disk as the storage engine sees it: the only door to it. Two implementations exist: the physical disk, and a
/// simulated one in the tests that tears, reorders, fills and fails. All names are relative to one data directory and
/// use '/' between folders.
/// </summary>
/// <remarks>
/// Every member but the syncs throws <see cref="DiskFullException"/> when space has run out; for any other failure that
/// the disk reports it is <see cref="IOException"/>, for a missing name <see cref="FileNotFoundException"/>. None
/// retries.
/// </remarks>
public interface IFileSystem
{
    /// <summary>Opens a file for reading and writing. A new file's name is durable only after
    /// <see cref="SyncDirectory"/> of its folder.</summary>
    IFile Open(string path, FileOpening opening);

    /// <summary>Whether a file or folder has this name. Throws when the disk cannot tell.</summary>
    bool Exists(string path);

    /// <summary>The names (not paths) of the files in a folder, in ordinal order; empty when there is no such folder.
    /// The lock of <see cref="LockExclusively"/> is not among them, so no clean-up can remove it.</summary>
    IReadOnlyList<string> ListFiles(string folder);

    /// <summary>The names of the folders in a folder, in ordinal order; empty when there is no such folder.</summary>
    IReadOnlyList<string> ListFolders(string folder);

    /// <summary>Creates a folder and its parents; nothing happens when it exists. Durable once the folder that holds
    /// it is synced.</summary>
    void CreateFolder(string folder);

    /// <summary>Removes an empty folder.</summary>
    void DeleteFolder(string folder);

    /// <summary>Renames a file, replacing the target atomically.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a name. Open handles stay readable.</summary>
    void Delete(string path);

    /// <summary>Makes creations, renames and deletions in this folder durable (fsync of the directory).</summary>
    void SyncDirectory(string folder);

    /// <summary>Makes all files of the file system durable in one call (syncfs): cheaper than many single syncs.
    /// </summary>
    void SyncAll();

    /// <summary>Takes the exclusive lock of the data directory; it ends with the process or the returned object.
    /// </summary>
    /// <exception cref="IOException">Another process holds it.</exception>
    IDisposable LockExclusively();
}

/// <summary>What <see cref="IFileSystem.Open"/> does about existence.</summary>
public enum FileOpening
{
    /// <summary>The file must exist; read only.</summary>
    Read,

    /// <summary>The file must exist; read and write.</summary>
    Existing,

    /// <summary>The file must not exist.</summary>
    New,

    /// <summary>The file must not exist, and will be for its owner alone: it holds a secret.</summary>
    NewPrivate,
}

/// <summary>One open file. Reads may run concurrently with each other and with one writer.</summary>
public interface IFile : IDisposable
{
    /// <summary>Bytes in the file, as of now.</summary>
    long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends; answers how many bytes were read.</summary>
    int Read(Span<byte> buffer, long position);

    /// <summary>Writes all bytes at a position; they are durable only after <see cref="Sync"/>.</summary>
    void Write(ReadOnlySpan<byte> bytes, long position);

    /// <summary>Cuts or (with zeros, sparse) extends the file.</summary>
    void SetLength(long length);

    /// <summary>fdatasync. A failure is thrown, never swallowed, and must never be followed by another try on the same
    /// data: the kernel has marked the lost pages clean. It is an <see cref="IOException"/> also when space ran out,
    /// never <see cref="DiskFullException"/>, which callers may wait out.</summary>
    void Sync();

    /// <summary>Asks the kernel to start writing a range back (sync_file_range): paces large writes, promises nothing.
    /// </summary>
    void StartWriteback(long position, long length);
}

/// <summary>The disk has no space left (ENOSPC or EDQUOT).</summary>
public sealed class DiskFullException(string message) : IOException(message);
