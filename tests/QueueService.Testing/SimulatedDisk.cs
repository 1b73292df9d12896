using QueueService.Storage.Files;
using QueueService.Testing.Disk;

namespace QueueService.Testing;

/// <summary>
/// A disk in memory behind a page cache. The process sees every change at once; the disk holds what was synced, and
/// after a power cut any part of the rest.
/// </summary>
/// <remarks>
/// Model: a write or a new length is pending until the file is synced; a creation, rename or deletion until its folder
/// is synced, also when the file itself was synced. Nothing is written back by itself. Everything is drawn from seeds:
/// the same operations and seeds give the same bytes and the same <see cref="TraceHash"/>. Thread-safe by one lock.
/// </remarks>
public sealed partial class SimulatedDisk : IFileSystem
{
    private readonly FolderTree _tree;
    private bool _isLocked;

    public SimulatedDisk()
        : this(new FolderTree(new FolderNode()), long.MaxValue)
    {
    }

    private SimulatedDisk(FolderTree tree, long capacity)
    {
        _tree = tree;
        _capacity = capacity;
        foreach (var file in tree.Files())
        {
            // A file that a crash left under two names takes its space once.
            if (file.Links++ == 0)
                UsedBytes += file.Content.AllocatedBytes;
        }
    }

    public IFile Open(string path, FileOpening opening)
    {
        FileName.ThrowIfInvalid(path);
        lock (Gate)
        {
            bool isNew = opening is FileOpening.New or FileOpening.NewPrivate;
            Begin(isNew ? DiskOperation.Create : DiskOperation.Open, path);
            if (isNew)
                CreateFile(path);
            return new SimulatedFile(this, _tree.File(path), path, opening != FileOpening.Read);
        }
    }

    public bool Exists(string path)
    {
        FileName.ThrowIfInvalid(path);
        lock (Gate)
        {
            ThrowIfDead();
            return _tree.Find(path) is not null;
        }
    }

    public IReadOnlyList<string> ListFiles(string folder) => List<FileNode>(folder);

    public IReadOnlyList<string> ListFolders(string folder) => List<FolderNode>(folder);

    public void CreateFolder(string folder)
    {
        ThrowIfInvalidFolder(folder);
        lock (Gate)
        {
            Begin(DiskOperation.CreateFolder, folder);
            for (var end = 1; end <= folder.Length; end++)
                if (end == folder.Length || folder[end] == '/')
                    CreateOneFolder(folder[..end]);
        }
    }

    public void DeleteFolder(string folder)
    {
        FileName.ThrowIfInvalid(folder);
        lock (Gate)
        {
            Begin(DiskOperation.DeleteFolder, folder);
            if (_tree.Folder(folder).Names.Count > 0)
                throw new IOException($"The folder '{folder}' is not empty.");
            var (parent, name) = _tree.Parent(folder);
            _tree.Apply(new NameChange(parent, name, Node: null));
        }
    }

    public void Rename(string from, string to)
    {
        FileName.ThrowIfInvalid(from);
        FileName.ThrowIfInvalid(to);
        lock (Gate)
        {
            Begin(DiskOperation.Rename, from);
            _hash.Add(to);
            var file = _tree.File(from);
            var (oldFolder, oldName) = _tree.Parent(from);
            var (newFolder, newName) = _tree.Parent(to);
            var replaced = _tree.Find(to) is null ? null : _tree.File(to);
            if (ReferenceEquals(replaced, file))
                return;
            _tree.Apply(new NameChange(oldFolder, oldName, Node: null), new NameChange(newFolder, newName, file));
            if (replaced is not null)
                Unlink(replaced);
        }
    }

    public void Delete(string path)
    {
        FileName.ThrowIfInvalid(path);
        lock (Gate)
        {
            Begin(DiskOperation.Delete, path);
            var file = _tree.File(path);
            var (folder, name) = _tree.Parent(path);
            _tree.Apply(new NameChange(folder, name, Node: null));
            Unlink(file);
        }
    }

    public void SyncDirectory(string folder)
    {
        ThrowIfInvalidFolder(folder);
        lock (Gate)
        {
            var failure = TryBegin(DiskOperation.SyncDirectory, folder);
            var node = _tree.Folder(folder);
            if (failure is not null)
            {
                _tree.LoseChanges(node);
                throw failure;
            }

            _tree.Sync(node);
        }
    }

    public void SyncAll()
    {
        lock (Gate)
        {
            if (TryBegin(DiskOperation.SyncAll, "") is { } failure)
            {
                foreach (var file in _tree.Files())
                    file.LoseWrites();
                throw failure;
            }

            foreach (var file in _tree.Files())
                file.Sync();
            _tree.SyncAll();
        }
    }

    public IDisposable LockExclusively()
    {
        lock (Gate)
        {
            ThrowIfDead();
            if (_isLocked)
                throw new IOException("The data directory of the simulated disk is in use by another process.");
            _isLocked = true;
            return new HeldLock(this);
        }
    }

    private static void ThrowIfInvalidFolder(string folder)
    {
        if (folder.Length > 0)
            FileName.ThrowIfInvalid(folder);
    }

    private string[] List<T>(string folder)
        where T : Node
    {
        ThrowIfInvalidFolder(folder);
        lock (Gate)
        {
            Begin(DiskOperation.List, folder);
            return _tree.Find(folder) is FolderNode node
                ? [.. node.Names.Where(static name => name.Value is T).Select(static name => name.Key)]
                : [];
        }
    }

    private void CreateFile(string path)
    {
        if (_tree.Find(path) is not null)
            throw new IOException($"'{path}' exists already.");
        var (folder, name) = _tree.Parent(path);
        _tree.Apply(new NameChange(folder, name, new FileNode { Links = 1 }));
    }

    private void CreateOneFolder(string path)
    {
        switch (_tree.Find(path))
        {
            case FolderNode:
                break;
            case null:
                var (parent, name) = _tree.Parent(path);
                _tree.Apply(new NameChange(parent, name, new FolderNode()));
                break;
            default:
                throw new IOException($"'{path}' is a file.");
        }
    }

    private void Unlink(FileNode file)
    {
        file.Links--;
        if (!file.IsAlive)
            UsedBytes -= file.Content.AllocatedBytes;
    }

    private sealed class HeldLock(SimulatedDisk disk) : IDisposable
    {
        private bool _isDisposed;

        public void Dispose()
        {
            lock (disk.Gate)
            {
                if (!_isDisposed)
                    disk._isLocked = false;
                _isDisposed = true;
            }
        }
    }
}
