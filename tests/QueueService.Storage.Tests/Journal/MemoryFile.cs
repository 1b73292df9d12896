using QueueService.Storage.Files;

namespace QueueService.Storage.Tests.Journal;

/// <summary>A disk with one file that can be cut and changed in place, for tests that read it a hundred thousand times.
/// </summary>
internal sealed class MemoryFile(byte[] bytes) : IFileSystem, IFile
{
    public byte[] Bytes => bytes;

    public long Length { get; set; } = bytes.Length;

    public IFile Open(string path, FileOpening opening) => this;

    public int Reads { get; private set; }

    public int Read(Span<byte> buffer, long position)
    {
        Reads++;
        int count = (int)Math.Clamp(Length - position, 0, buffer.Length);
        bytes.AsSpan((int)Math.Min(position, Length), count).CopyTo(buffer);
        return count;
    }

    public void Flip(int bit) => bytes[bit / 8] ^= (byte)(1 << (bit % 8));

    public void Dispose()
    {
        // Opened and closed at will.
    }

    public bool Exists(string path) => true;

    public IReadOnlyList<string> ListFiles(string folder) => [];

    public IReadOnlyList<string> ListFolders(string folder) => [];

    public void Write(ReadOnlySpan<byte> source, long position) => throw new NotSupportedException();

    public void SetLength(long length) => throw new NotSupportedException();

    public void Sync() => throw new NotSupportedException();

    public void StartWriteback(long position, long length) => throw new NotSupportedException();

    public void CreateFolder(string folder) => throw new NotSupportedException();

    public void DeleteFolder(string folder) => throw new NotSupportedException();

    public void Rename(string from, string to) => throw new NotSupportedException();

    public void Delete(string path) => throw new NotSupportedException();

    public void SyncDirectory(string folder) => throw new NotSupportedException();

    public void SyncAll() => throw new NotSupportedException();

    public IDisposable LockExclusively() => throw new NotSupportedException();
}
