using QueueService.Storage.Files;

namespace QueueService.Broker.Tests.Crashes;

/// <summary>How the journal's syncs are dishonest.</summary>
internal enum Dishonesty
{
    /// <summary>They do nothing.</summary>
    NoSync,

    /// <summary>They happen before the next write: the replies have left long before.</summary>
    LateSync,
}

/// <summary>A bug on purpose, which the crash tests have to find.</summary>
internal sealed class DishonestDisk(IFileSystem disk, Dishonesty dishonesty) : IFileSystem
{
    public IFile Open(string path, FileOpening opening)
    {
        IFile file = disk.Open(path, opening);
        return path.StartsWith("journal/", StringComparison.Ordinal) ? new DishonestFile(file, dishonesty) : file;
    }

    public bool Exists(string path) => disk.Exists(path);

    public IReadOnlyList<string> ListFiles(string folder) => disk.ListFiles(folder);

    public IReadOnlyList<string> ListFolders(string folder) => disk.ListFolders(folder);

    public void CreateFolder(string folder) => disk.CreateFolder(folder);

    public void DeleteFolder(string folder) => disk.DeleteFolder(folder);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path) => disk.Delete(path);

    public void SyncDirectory(string folder) => disk.SyncDirectory(folder);

    public void SyncAll() => disk.SyncAll();

    public IDisposable LockExclusively() => disk.LockExclusively();

    private sealed class DishonestFile(IFile file, Dishonesty dishonesty) : IFile
    {
        private int _syncs;
        private bool _owesSync;

        public long Length => file.Length;

        public int Read(Span<byte> buffer, long position) => file.Read(buffer, position);

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            if (_owesSync) file.Sync();
            _owesSync = false;
            file.Write(bytes, position);
        }

        public void SetLength(long length) => file.SetLength(length);

        public void Sync()
        {
            // The header of a new file is synced: a bug that shows at every start would be no test.
            if (_syncs++ == 0) file.Sync();
            else _owesSync = dishonesty == Dishonesty.LateSync;
        }

        public void StartWriteback(long position, long length) => file.StartWriteback(position, length);

        public void Dispose() => file.Dispose();
    }
}
