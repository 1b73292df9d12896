using QueueService.Storage.Files;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>What a store with a bug would not do.</summary>
[Flags]
internal enum Omission
{
    None = 0,
    FileSync = 1,
    FolderSync = 2,
    SnapshotSync = 4,
    SegmentSync = 8,
    RewriteOfUnprovenFrames = 16,
}

/// <summary>A disk on which some calls do nothing: a seeded bug, which the crash tests have to find.</summary>
internal sealed class CarelessDisk(IFileSystem disk, Omission omission) : IFileSystem
{
    private bool _hasActivated;

    public IFile Open(string path, FileOpening opening) => new File(this, path, disk.Open(path, opening));

    public bool Exists(string path) => disk.Exists(path);

    public IReadOnlyList<string> ListFiles(string folder) => disk.ListFiles(folder);

    public IReadOnlyList<string> ListFolders(string folder) => disk.ListFolders(folder);

    public void CreateFolder(string folder) => disk.CreateFolder(folder);

    public void DeleteFolder(string folder) => disk.DeleteFolder(folder);

    public void Rename(string from, string to)
    {
        _hasActivated |= to.EndsWith(".journal", StringComparison.Ordinal);
        disk.Rename(from, to);
    }

    public void Delete(string path) => disk.Delete(path);

    public void SyncDirectory(string folder)
    {
        if (!omission.HasFlag(Omission.FolderSync))
            disk.SyncDirectory(folder);
    }

    public void SyncAll() => disk.SyncAll();

    public IDisposable LockExclusively() => disk.LockExclusively();

    private bool Omits(string path) =>
        omission.HasFlag(Omission.FileSync)
        || (omission.HasFlag(Omission.SnapshotSync) && path.StartsWith("snapshots/", StringComparison.Ordinal))
        || (omission.HasFlag(Omission.SegmentSync) && path.StartsWith("logs/", StringComparison.Ordinal))
        || (omission.HasFlag(Omission.RewriteOfUnprovenFrames) && !_hasActivated
            && path.EndsWith(".journal", StringComparison.Ordinal));

    private sealed class File(CarelessDisk owner, string path, IFile file) : IFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> buffer, long position) => file.Read(buffer, position);

        public void Write(ReadOnlySpan<byte> bytes, long position) => file.Write(bytes, position);

        public void SetLength(long length) => file.SetLength(length);

        public void Sync()
        {
            if (!owner.Omits(path))
                file.Sync();
        }

        public void StartWriteback(long position, long length) => file.StartWriteback(position, length);

        public void Dispose() => file.Dispose();
    }
}
