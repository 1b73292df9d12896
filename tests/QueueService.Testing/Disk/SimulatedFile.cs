using QueueService.Storage.Files;

namespace QueueService.Testing.Disk;

/// <summary>A handle of a file on the simulated disk.</summary>
internal sealed class SimulatedFile : IFile
{
    private readonly SimulatedDisk _disk;
    private readonly FileNode _file;
    private readonly string _path;
    private readonly bool _isWritable;
    private bool _isDisposed;

    public SimulatedFile(SimulatedDisk disk, FileNode file, string path, bool isWritable)
    {
        _disk = disk;
        _file = file;
        _path = path;
        _isWritable = isWritable;
        file.Handles++;
    }

    public long Length
    {
        get
        {
            lock (_disk.Gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                _disk.ThrowIfDead();
                return _file.Content.Length;
            }
        }
    }

    public int Read(Span<byte> buffer, long position)
    {
        lock (_disk.Gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _disk.Begin(DiskOperation.Read, _path, position, buffer.Length);
            return _disk.Read(_file, buffer, position);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        lock (_disk.Gate)
        {
            ThrowIfNotWritable();
            _disk.Begin(DiskOperation.Write, _path, position, bytes.Length);
            _disk.Write(_file, bytes, position, _path);
        }
    }

    public void SetLength(long length)
    {
        lock (_disk.Gate)
        {
            ThrowIfNotWritable();
            _disk.Begin(DiskOperation.SetLength, _path, 0, length);
            _disk.SetLength(_file, length);
        }
    }

    public void Sync()
    {
        lock (_disk.Gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_disk.TryBegin(DiskOperation.Sync, _path) is { } failure)
            {
                _file.LoseWrites();
                throw failure;
            }

            _file.Sync();
        }
    }

    public void StartWriteback(long position, long length)
    {
        lock (_disk.Gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _disk.Begin(DiskOperation.StartWriteback, _path, position, length);
        }
    }

    public void Dispose()
    {
        lock (_disk.Gate)
        {
            if (!_isDisposed)
                _disk.Close(_file);
            _isDisposed = true;
        }
    }

    private void ThrowIfNotWritable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_isWritable)
            throw new IOException($"'{_path}' is open for reading only.");
    }
}
