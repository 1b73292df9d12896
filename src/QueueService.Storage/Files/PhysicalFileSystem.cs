using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace QueueService.Storage.Files;

/// <summary>The disk of the operating system below one data directory, which is created when it is missing.</summary>
/// <remarks>Files are made with mode 0640, private ones with 0600 and folders with 0750, or less where the umask says
/// so.</remarks>
public sealed class PhysicalFileSystem : IFileSystem, IDisposable
{
    internal const string LockName = "lock";

    private const uint FileMode = 0b110_100_000;
    private const uint PrivateFileMode = 0b110_000_000;
    private const uint FolderMode = 0b111_101_000;

    private readonly string _root;

    // Held open for as long as the disk is used: syncfs reports only the writeback errors that happened after its
    // descriptor was opened.
    private readonly SafeFileHandle _rootHandle;

    /// <param name="root">The data directory as a full path.</param>
    public PhysicalFileSystem(string root)
    {
        if (!Path.IsPathFullyQualified(root))
            throw new ArgumentException($"The data directory must be a full path, but is '{root}'.", nameof(root));
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        MakeRoot(_root);
        _rootHandle = PhysicalFile.OpenHandle(_root, Posix.OpenRead);
    }

    public IFile Open(string path, FileOpening opening)
    {
        var full = FullPath(path);
        var flags = opening switch
        {
            FileOpening.Read => Posix.OpenRead,
            FileOpening.Existing => Posix.OpenReadWrite,
            FileOpening.New or FileOpening.NewPrivate =>
                Posix.OpenReadWrite | Posix.OpenCreate | Posix.OpenExclusive,
            _ => throw new ArgumentOutOfRangeException(nameof(opening), opening, message: null),
        };
        return new PhysicalFile(full, flags, opening == FileOpening.NewPrivate ? PrivateFileMode : FileMode);
    }

    public bool Exists(string path)
    {
        var full = FullPath(path);
        if (Posix.Access(full, mode: 0) == 0)
            return true;
        // "Cannot be read" must not pass for "is not there", or a manifest on a failing disk looks like a new start.
        if (Marshal.GetLastPInvokeError() is not (Errno.NotFound or Errno.NotAFolder))
            Errno.Throw("access", full);
        return false;
    }

    public IReadOnlyList<string> ListFiles(string folder)
    {
        var names = List(folder, Directory.GetFiles);
        return folder.Length > 0 ? names : Array.FindAll(names, static name => name != LockName);
    }

    public IReadOnlyList<string> ListFolders(string folder) => List(folder, Directory.GetDirectories);

    public void CreateFolder(string folder)
    {
        if (folder.Length == 0)
            return;
        var full = FullPath(folder);
        for (var end = _root.Length + 1; end < full.Length; end++)
            if (full[end] == '/')
                MakeFolder(full[..end]);
        MakeFolder(full);
    }

    public void DeleteFolder(string folder)
    {
        var full = FullPath(folder);
        if (Posix.RemoveFolder(full) != 0)
            Errno.Throw("rmdir", full);
    }

    public void Rename(string from, string to)
    {
        var full = FullPath(from);
        if (Posix.Rename(full, FullPath(to)) != 0)
            Errno.Throw("rename", full);
    }

    public void Delete(string path)
    {
        var full = FullPath(path);
        if (Posix.Unlink(full) != 0)
            Errno.Throw("unlink", full);
    }

    public void SyncDirectory(string folder) => SyncFolder(FolderPath(folder));

    public void SyncAll()
    {
        if (Posix.SyncFileSystem(_rootHandle) != 0)
            Errno.ThrowSyncFailed("syncfs", _root);
    }

    public IDisposable LockExclusively()
    {
        var path = $"{_root}/{LockName}";
        // The file is never removed: two processes could then each hold a lock on a file of that name.
        var handle = PhysicalFile.OpenHandle(path, Posix.OpenReadWrite | Posix.OpenCreate, FileMode);
        if (Posix.Lock(handle, Posix.LockExclusive | Posix.LockNonBlocking) == 0)
            return handle;
        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw error == Errno.WouldBlock
            ? new IOException($"The data directory '{_root}' is in use by another process.")
            : Errno.ToException(error, "flock", path);
    }

    public void Dispose() => _rootHandle.Dispose();

    /// <summary>fsync of a directory. Its failure is final like that of a file.</summary>
    internal static void SyncFolder(string fullPath)
    {
        using var handle = PhysicalFile.OpenHandle(fullPath, Posix.OpenRead);
        if (Posix.Sync(handle) != 0)
            Errno.ThrowSyncFailed("fsync", fullPath);
    }

    private static void MakeRoot(string root)
    {
        if (Posix.Access(root, mode: 0) == 0)
            return;
        var parent = Path.GetDirectoryName(root);
        if (parent is null)
            return;
        MakeRoot(parent);
        // Everything below is lost with a name that is not durable.
        if (MakeFolder(root))
            SyncFolder(parent);
    }

    private static bool MakeFolder(string path)
    {
        if (Posix.MakeFolder(path, FolderMode) == 0)
            return true;
        // A file of that name fails at the first use of the folder.
        if (Marshal.GetLastPInvokeError() != Errno.Exists)
            Errno.Throw("mkdir", path);
        return false;
    }

    private string[] List(string folder, Func<string, string[]> list)
    {
        var full = FolderPath(folder);
        try
        {
            var names = Array.ConvertAll(list(full), static path => Path.GetFileName(path));
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new IOException(denied.Message, denied);
        }
    }

    private string FolderPath(string folder) => folder.Length == 0 ? _root : FullPath(folder);

    private string FullPath(string path)
    {
        FileName.ThrowIfInvalid(path);
        return $"{_root}/{path}";
    }
}
